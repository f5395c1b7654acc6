"""The buffer of unacknowledged audio."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wta.client.outgoing import Outgoing
from wta.errors import ProtocolError
from wta.messages import Finalize, Stop


def pcm(first: int, count: int) -> bytes:
    """Samples that tell their own position."""
    return b"".join((n % 65536).to_bytes(2, "little") for n in range(first, first + count))


ACTIONS = st.lists(st.tuples(st.sampled_from(["put", "send", "ack", "break", "finalize"]), st.integers(0, 50)))


@given(ACTIONS, st.integers(0, 200))
def test_a_server_that_breaks_off_anywhere_gets_all_audio_in_order(actions: list[tuple[str, int]], total: int) -> None:
    window, outgoing, heard, acked = 50, Outgoing(50, 7), b"", 0

    def put(count: int) -> None:
        count = min(count, outgoing.room, total - outgoing.end)
        outgoing.put(pcm(outgoing.end, count))

    def send() -> object:
        nonlocal heard
        item = outgoing.next()
        heard += item if isinstance(item, bytes) else b""
        assert len(heard) // 2 - acked <= window
        return item

    for action, number in actions:
        match action:
            case "put":
                put(number)
            case "finalize":
                outgoing.finalize()
            case "send":
                send()
            case "ack":
                acked = min(acked + number, len(heard) // 2)
                outgoing.acknowledge(acked)
            case "break":
                heard = heard[: acked * 2]
                outgoing.rewind(acked)
    while send() is not None or outgoing.end < total:
        put(total)
        acked = len(heard) // 2
        outgoing.acknowledge(acked)
    outgoing.stop()

    assert isinstance(send(), Stop)
    assert heard == pcm(0, total)


def test_finalize_stands_where_it_was_said_also_after_a_rewind() -> None:
    outgoing = Outgoing(100, 10)
    outgoing.put(pcm(0, 15))
    outgoing.finalize()
    outgoing.put(pcm(15, 3))

    sent = [outgoing.next() for _ in range(5)]
    assert sent == [pcm(0, 10), pcm(10, 5), Finalize(), pcm(15, 3), None]
    outgoing.rewind(12)
    assert [outgoing.next() for _ in range(4)] == [pcm(12, 3), Finalize(), pcm(15, 3), None]
    outgoing.rewind(15)  # acknowledged up to there: nothing is left to be ended
    assert [outgoing.next() for _ in range(2)] == [pcm(15, 3), None]


def test_audio_that_was_never_sent_cannot_be_acknowledged() -> None:
    outgoing = Outgoing(100, 10)
    outgoing.put(pcm(0, 15))

    with pytest.raises(ProtocolError, match="sample 5; 0 were sent"):
        outgoing.acknowledge(5)


def test_a_server_that_lost_acknowledged_audio_is_noticed() -> None:
    outgoing = Outgoing(100, 10)
    outgoing.put(pcm(0, 15))
    outgoing.next()
    outgoing.acknowledge(10)

    with pytest.raises(ProtocolError, match="lost audio"):
        outgoing.rewind(9)
