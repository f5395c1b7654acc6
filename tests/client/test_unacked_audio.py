"""The buffer of unacknowledged audio."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wta.client.unacked_audio import UnackedAudio
from wta.errors import ProtocolError
from wta.messages import Finalize, Stop


def pcm(first: int, count: int) -> bytes:
    """Samples that tell their own position."""
    return b"".join((n % 65536).to_bytes(2, "little") for n in range(first, first + count))


ACTIONS = st.lists(st.tuples(st.sampled_from(["put", "send", "ack", "break", "finalize"]), st.integers(0, 50)))


@given(ACTIONS, st.integers(0, 200))
def test_a_server_that_breaks_off_anywhere_gets_all_audio_in_order(actions: list[tuple[str, int]], total: int) -> None:
    window, audio, heard, acked = 50, UnackedAudio(50, 7), b"", 0

    def put(count: int) -> None:
        count = min(count, audio.room, total - audio.end)
        audio.push(pcm(audio.end, count))

    def send() -> object:
        nonlocal heard
        item = audio.next()
        heard += item if isinstance(item, bytes) else b""
        assert len(heard) // 2 - acked <= window
        return item

    # When audio is pushed, sent, acknowledged and rewound in any order
    for action, number in actions:
        match action:
            case "put":
                put(number)
            case "finalize":
                audio.finalize()
            case "send":
                send()
            case "ack":
                acked = min(acked + number, len(heard) // 2)
                audio.acknowledge(acked)
            case "break":
                heard = heard[: acked * 2]
                audio.rewind(acked)
    while send() is not None or audio.end < total:
        put(total)
        acked = len(heard) // 2
        audio.acknowledge(acked)
    audio.stop()

    # Expect the server to have heard each sample once, in order
    assert isinstance(send(), Stop)
    assert heard == pcm(0, total)


def test_finalize_stands_where_it_was_said_also_after_a_rewind() -> None:
    # Given audio with a `finalize` in it
    audio = UnackedAudio(100, 10)
    audio.push(pcm(0, 15))
    audio.finalize()
    audio.push(pcm(15, 3))

    # When it is sent, expect `finalize` in its place
    sent = [audio.next() for _ in range(5)]
    assert sent == [pcm(0, 10), pcm(10, 5), Finalize(), pcm(15, 3), None]
    # When it is sent again from before it, expect it there again
    audio.rewind(12)
    assert [audio.next() for _ in range(4)] == [pcm(12, 3), Finalize(), pcm(15, 3), None]
    # When all before it is acknowledged, expect it no more
    audio.rewind(15)  # acknowledged up to there: nothing is left to be ended
    assert [audio.next() for _ in range(2)] == [pcm(15, 3), None]


def test_audio_that_was_never_sent_cannot_be_acknowledged() -> None:
    audio = UnackedAudio(100, 10)
    audio.push(pcm(0, 15))

    with pytest.raises(ProtocolError, match="sample 5; 0 were sent"):
        audio.acknowledge(5)


def test_silence_takes_the_place_of_audio_that_the_server_has_lost() -> None:
    # Given audio of which the server has acknowledged 30 samples
    audio = UnackedAudio(20, 8)
    for _ in range(3):
        audio.push(pcm(audio.end, 10))
        while audio.next() is not None:
            pass
        audio.acknowledge(audio.end)
    audio.push(pcm(30, 10))

    # When it has only the first 5 after all, expect silence up to 30, then what is kept, never more than the window
    assert audio.rewind(5) == 25 and audio.rewind(5) == 0, "it is lost once"
    heard, acked = b"", 5
    assert audio.room == 10, "silence takes no room"
    audio.stop()
    while not isinstance(item := audio.next(), Stop):
        if item is None:
            acked = 5 + len(heard) // 2
            audio.acknowledge(acked)
        else:
            heard += item if isinstance(item, bytes) else b""
            assert 5 + len(heard) // 2 - acked <= 20
    assert heard == bytes(50) + pcm(30, 10)
