"""A session against a server that breaks off, refuses, restarts, and says things twice."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.client.server import UTTERANCE, WINDOW, Server, break_at_random, drip
from wta.client import ServerAwayError, SpeechSession, converse
from wta.errors import ProtocolError, WtaError
from wta.messages import Done, Error, Final, Finalize, Keepalive, Ready, ServerMessage

SPEECH = bytes(range(256)) * 160  # 20,480 samples


async def speak(server: Server, speech: bytes = SPEECH, give_up_s: float = 30) -> list[ServerMessage]:
    async with SpeechSession(server.url, 8000, give_up_s=give_up_s) as session:
        return [message async for message in converse(session, drip(speech, 700))]


def finals(messages: list[ServerMessage]) -> list[int]:
    return [message.seq for message in messages if isinstance(message, Final)]


async def test_a_session_speaks_within_the_window_and_hears_everything() -> None:
    async with Server().running() as server:
        messages = await speak(server)

    assert bytes(server.audio) == SPEECH
    assert finals(messages) == list(range(1, 21))
    assert isinstance(messages[0], Ready)
    assert isinstance(messages[-1], Done)
    assert UTTERANCE < server.most_under_way <= WINDOW


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_lost_or_doubled_by_broken_connections(seed: int) -> None:
    async with Server(break_at_random(seed, share=0.08)).running() as server:
        messages = await speak(server)

    assert len(server.starts) > 1
    assert bytes(server.audio) == SPEECH
    assert finals(messages) == list(range(1, 21))
    assert server.most_under_way <= WINDOW
    assert {start.resume_token for start in server.starts[1:]} == {"s.secret"}


async def test_a_session_resumes_when_the_server_is_back_after_a_restart() -> None:
    # Given a server that goes away after five utterances
    broken = asyncio.Event()

    def break_after_five() -> int | None:
        if len(first.events) < 5:
            return None
        broken.set()
        return 1012

    first = Server(break_after_five)
    async with first.running() as server:
        speaking = asyncio.create_task(speak(server))
        await broken.wait()
    await asyncio.sleep(0.5)  # nobody listens there
    # When it is back on the same port
    second = Server()
    second.audio, second.events = first.audio, first.events
    async with second.running(first.port):
        messages = await speaking

    # Expect all audio and every final, once
    assert bytes(second.audio) == SPEECH
    assert finals(messages) == list(range(1, 21))


async def test_a_session_gives_up_on_a_server_that_stays_away(caplog: pytest.LogCaptureFixture) -> None:
    broken = Server(lambda: 1011)
    async with broken.running() as server, SpeechSession(server.url, 8000, give_up_s=0.5) as session:
        broken.refuse = (Error(code="unavailable", message="Try later.", retryable=True), 1013)
        with caplog.at_level(logging.ERROR), pytest.raises(ServerAwayError, match=r"could not be resumed. Try later"):
            async for _ in converse(session, drip(SPEECH, 700)):
                pass
        with pytest.raises(WtaError):
            await session.send(SPEECH)


async def test_a_session_gives_up_on_a_server_that_greets_and_goes() -> None:
    async with Server(lambda: 1011).running() as server:
        with pytest.raises(ServerAwayError, match="could not be resumed"):
            await speak(server, give_up_s=0.5)
    assert len(server.starts) > 1


async def test_another_program_goes_on_where_the_first_one_was() -> None:
    async with Server().running() as server:
        # Given a program that leaves after three finals
        async with SpeechSession(server.url, 8000) as first:
            seen = []
            async for message in converse(first, drip(SPEECH[:20_000], 700)):
                seen.append(message)
                if finals(seen) == [1, 2, 3]:
                    break
        # When another one goes on with its token and its last event
        token, last = first.ready.resume_token, first.last_event_id
        async with SpeechSession(server.url, 8000, resume_token=token, last_event_id=last) as second:
            wanted = second.ready.next_sample * 2
            messages = [message async for message in converse(second, drip(SPEECH[wanted:], 700))]

    # Expect all audio once, and every final in one of the two
    assert 0 < wanted < len(SPEECH) and bytes(server.audio) == SPEECH
    assert finals(seen) + finals(messages) == list(range(1, 21))


async def test_a_server_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(ServerAwayError, match="connection refused"):
        async with SpeechSession("ws://127.0.0.1:9/ws/audio", 8000):
            pass


@pytest.mark.parametrize(
    ("refusal", "code", "kind"),
    [
        (Error(code="full", message="Come back in 5 s.", retryable=True), 1013, ServerAwayError),
        (Error(code="unauthorized", message="Get a key.", retryable=False), 4401, ProtocolError),
        (Error(code="bad_message", message="No such rate.", retryable=False), 4400, ProtocolError),
    ],
)
async def test_a_refusal_is_told_in_the_servers_words(refusal: Error, code: int, kind: type[WtaError]) -> None:
    async with Server(refuse=(refusal, code)).running() as server:
        with pytest.raises(kind, match=refusal.message):
            await speak(server)
    assert len(server.starts) == 1


async def test_a_session_taken_over_is_not_fought_for() -> None:
    server = Server(lambda: 1012)
    async with server.running(), SpeechSession(server.url, 8000) as session:
        server.refuse = (Error(code="taken_over", message="Goes on elsewhere.", retryable=False), 4400)
        with pytest.raises(ProtocolError, match="elsewhere"):
            async for _ in converse(session, drip(SPEECH, 700)):
                pass
    assert len(server.starts) == 2


async def test_a_silent_speaker_keeps_the_connection() -> None:
    async with Server().running() as server, SpeechSession(server.url, 8000) as session:
        # When somebody says nothing for longer than the idle time, and then a little
        await asyncio.sleep(0.7)  # longer than the server's idle time-out
        await session.send(b"\0\0" * 10)
        await session.finalize()
        await session.stop()
        messages = [message async for message in session]

    # Expect the session to have been kept alive, and to end in order
    assert Keepalive() in server.others
    assert Finalize() in server.others
    assert server.finalized_at == {10}
    assert isinstance(messages[-1], Done)
    assert len(server.starts) == 1


async def test_audio_that_cannot_be_read_ends_the_session_with_its_reason() -> None:
    async def torn() -> object:
        yield SPEECH[:2000]
        raise WtaError("the file is damaged")

    async with Server().running() as server, SpeechSession(server.url, 8000) as session:
        with pytest.raises(WtaError, match="the file is damaged"):
            async for _ in converse(session, torn()):
                pass


async def test_half_a_sample_is_refused() -> None:
    async with Server().running() as server, SpeechSession(server.url, 8000) as session:
        with pytest.raises(ValueError, match="half a sample"):
            await session.send(b"abc")
