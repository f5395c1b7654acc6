"""`python -m wta wyoming` with the client of the package `wyoming`: the workers' part is done by the test."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
import soundfile
from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb
from tests.support.processes import ROOT, Process, free_port, python
from tests.support.speech import espeak
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger

TEXT = "one two three four five six seven eight nine ten eleven twelve"
MakeDoor = Callable[..., AsyncTcpClient]


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One spoken sentence as PCM16 at 16 kHz, with a second of silence around it."""
    samples, _ = soundfile.read(espeak(TEXT, tmp_path_factory.mktemp("talk") / "a.wav", 16_000), dtype="int16")
    return np.asarray(samples, dtype="<i2").tobytes()


@pytest.fixture
def make_door(tmp_path: Path) -> Iterator[MakeDoor]:
    """Starts the command, and returns the official client for it."""
    doors: list[Process] = []

    def make(url: str, *options: str) -> AsyncTcpClient:
        port = free_port()
        command = ["wta", "wyoming", "--listen", f"tcp://127.0.0.1:{port}", "--url", url, *options]
        doors.append(python("wyoming", command, {}, tmp_path / f"{port}.log"))
        doors[-1].start()
        wait_until(lambda: not socket.create_connection(("127.0.0.1", port)).close(), 30, "nobody listens")
        return AsyncTcpClient("127.0.0.1", port, read_timeout=60)

    yield make
    for door in doors:
        assert door.running, door.tail()
        door.stop()
        assert "Traceback" not in door.log.read_text(), door.tail()


async def answers(client: AsyncTcpClient, *last: str) -> list[Event]:
    """What comes, up to an event of one of these types."""
    events: list[Event] = []
    while not events or events[-1].type not in last:
        event = await client.read_event()
        assert event is not None, f"the connection ended after {[e.type for e in events]}"
        events.append(event)
    return events


async def say(client: AsyncTcpClient, pcm16: bytes, rate: int = 16_000, channels: int = 1) -> None:
    await client.write_event(AudioStart(rate, 2, channels).event())
    for start in range(0, len(pcm16), 2_048):
        await client.write_event(AudioChunk(rate, 2, channels, pcm16[start : start + 2_048]).event())
    await client.write_event(AudioStop().event())


async def test_a_recording_is_transcribed_sentence_by_sentence(
    make_web: MakeWeb, make_door: MakeDoor, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    web = make_web()
    async with make_door(web.ws_url) as client:
        with FakeWorkers(redis_client, ledger, languages=["en"], tasks=["transcribe"]):
            # When the client asks what there is
            await client.write_event(Describe().event())
            (program,) = Info.from_event((await answers(client, "info"))[-1]).asr
            assert program.supports_transcript_streaming and [m.name for m in program.models] == ["test"]
            assert program.models[0].languages == ["en"]
            # When it sends two recordings, the second in stereo
            await client.write_event(Transcribe(language="en-US").event())
            await say(client, sentence + sentence)
            first = await answers(client, "transcript-stop")
            stereo = np.repeat(np.frombuffer(sentence, "<i2"), 2).tobytes()
            await say(client, stereo, channels=2)
            second = await answers(client, "transcript-stop")
    # Expect each sentence as it comes, and then the whole text
    assert [event.type for event in first] == [
        "transcript-start", "transcript-chunk", "transcript-chunk", "transcript", "transcript-stop",
    ]  # fmt: skip
    whole = Transcript.from_event(first[-2])
    assert (whole.text, whole.language) == ("sentence 1 sentence 2", "en")
    assert "".join(TranscriptChunk.from_event(event).text for event in first[1:3]) == whole.text
    assert Transcript.from_event(second[-2]).text == "sentence 1"


async def test_silence_has_an_empty_transcript(
    make_web: MakeWeb, make_door: MakeDoor, redis_client: redis.Redis, ledger: Ledger
) -> None:
    web = make_web()
    async with make_door(web.ws_url) as client:
        with FakeWorkers(redis_client, ledger):
            await say(client, bytes(64_000))
            (transcript,) = await answers(client, "transcript")
    assert Transcript.from_event(transcript).text == ""


async def test_what_is_wrong_is_an_error_and_the_connection_stays(
    make_web: MakeWeb, make_door: MakeDoor, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}")
    with FakeWorkers(redis_client, ledger, languages=["en"], tasks=["transcribe"]):
        async with make_door(web.ws_url) as client:
            # When there is no key
            await say(client, bytes(3_200))
            error = Error.from_event((await answers(client, "error"))[-1])
            assert error.code == "unauthorized" and "API key" in error.text
        async with make_door(web.ws_url, "--key", key) as client:
            # When the language is none, or one that the model lacks, or an event is wrong
            for language, words in (("Klingonese", "language"), ("ko", "knows English only")):
                await client.write_event(Transcribe(language=language).event())
                await say(client, bytes(3_200))
                assert words in Error.from_event((await answers(client, "error"))[-1]).text
            await client.write_event(Event("audio-start", {"rate": "fast"}))
            assert "audio-start" in Error.from_event((await answers(client, "error"))[-1]).text
            # Expect the next recording to be heard all the same
            await client.write_event(Transcribe().event())
            await say(client, sentence)
            assert Transcript.from_event((await answers(client, "transcript"))[-1]).text == "sentence 1"


async def test_who_leaves_is_still_written(
    make_web: MakeWeb, make_door: MakeDoor, redis_client: redis.Redis, sentence: bytes
) -> None:
    web = make_web(resume_grace_s=0.1)
    async with make_door(web.ws_url) as client:
        await client.write_event(AudioStart(16_000, 2, 1).event())
        await client.write_event(AudioChunk(16_000, 2, 1, sentence[: len(sentence) // 4 * 2]).event())
    wait_until(lambda: redis_client.zcard(names.PENDING) == 1, 30, "it was not written")


async def test_without_a_server_the_client_is_told(make_door: MakeDoor) -> None:
    async with make_door(f"ws://127.0.0.1:{free_port()}/ws/audio") as client:
        await client.write_event(Describe().event())
        assert "does not answer" in Error.from_event((await answers(client, "error"))[-1]).text


@pytest.mark.parametrize("sent", [b'{"type": "audio-chunk", "payload_length": 10000000000}\n', b"no JSON\n"])
def test_who_announces_too_much_or_sends_nonsense_is_cut_off(make_door: MakeDoor, sent: bytes) -> None:
    client = make_door(f"ws://127.0.0.1:{free_port()}/ws/audio")
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as raw:
        raw.sendall(sent)
        assert raw.recv(1) == b""


async def test_the_documented_program_works(
    make_web: MakeWeb, make_door: MakeDoor, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "wyoming.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    soundfile.write(tmp_path / "talk.wav", np.frombuffer(sentence, "<i2"), 16_000)
    with FakeWorkers(redis_client, ledger):
        client = make_door(make_web().ws_url)
        command = [sys.executable, "-c", text.replace("10300", str(client.port))]
        done = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
        out, _ = await done.communicate()
    assert done.returncode == 0 and "sentence 1" in out.decode()
