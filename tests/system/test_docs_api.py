"""The examples of docs/api.md, as they stand there, on the real system."""

from __future__ import annotations

import re
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from tests.support.processes import ROOT, Process, free_port, python
from tests.support.require import binary
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta.keys import hash_secret, new_key
from wta.webhooks import new_secret

READER, SECRET = new_key(), new_secret()
TEXT = "This is wonderful, I am so happy about it."
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(section: str) -> list[tuple[str, str]]:
    """Language and text of the examples in a section."""
    sections = dict(_SECTION.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    return _BLOCK.findall(sections[section])


class Reader:
    """Runs examples where `talk.wav` lies, against the test's own ports."""

    def __init__(self, stack: Stack, web: Web, folder: Path) -> None:
        self.stack, self.web, self.folder = stack, web, folder
        self.hook_port = free_port()
        with wave.open(str(espeak(TEXT, folder / "talk.wav", 16_000))) as file:
            self.pcm16 = file.readframes(file.getnframes())

    def process(self, example: tuple[str, str], **env: str) -> Process:
        language, text = example
        text = text.replace("localhost:8000", f"127.0.0.1:{self.web.port}").replace("9000", str(self.hook_port))
        if language == "sh":
            binary("curl", "apt-get install curl")
        command = [sys.executable, "-c", text] if language == "python" else ["bash", "-euc", text]
        number = len(list(self.folder.glob("*.out")))
        folder = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        process = Process("example", command, env | folder, self.folder / f"{number}.out")
        process.cwd = self.folder
        process.start()
        return process

    def run(self, example: tuple[str, str], **env: str) -> str:
        """Run an example to its end, which has to be a good one; returns what it prints."""
        process = self.process(example, **env)
        assert process.wait(120) == 0, process.tail()
        return process.log.read_text()

    def speak(self) -> str:
        """Somebody says the sentence; returns the session's id."""
        with Speaker(self.web.ws_url) as speaker:
            ready = speaker.start()
            speaker.say(self.pcm16)
            speaker.order("stop")
            speaker.receive("done", timeout_s=60)
        return str(ready["session_id"])


@pytest.fixture(scope="module")
def reader(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The shared system, with another web service before it: one that has a reader key."""
    folder = tmp_path_factory.mktemp("api")
    web = Web(stack.redis_url, folder, reader_keys=f"eve:{hash_secret(READER)}")
    web.start()
    yield Reader(stack, web, folder)
    web.process.stop()


@pytest.mark.parametrize("number", [0, 1], ids=["websockets", "wta.client"])
def test_the_documented_programs_for_the_websocket_work(reader: Reader, number: int) -> None:
    said = reader.run(examples("The WebSocket")[number])
    assert "wonderful" in said and "POSITIVE" in said and "done" in said


@pytest.mark.parametrize("section", ["OpenAI's clients", "OpenAI's Realtime clients", "Deepgram's clients"])
def test_the_documented_programs_for_clients_of_others_work(reader: Reader, section: str) -> None:
    (example,) = examples(section)
    said = reader.run(example)
    assert "wonderful" in said and "positive" in said.lower()


def test_the_documented_requests_for_one_session_work(reader: Reader) -> None:
    with Speaker(reader.web.ws_url) as speaker:
        ready = speaker.start()
        env = {"RESUME_TOKEN": ready["resume_token"], "SESSION_ID": ready["session_id"]}
        streams = [reader.process(examples("Server-sent events")[number], **env) for number in (0, 1)]
        try:
            speaker.say(reader.pcm16)
            speaker.order("stop")
            speaker.receive("done", timeout_s=60)
            for stream in streams:
                wait_until(lambda log=stream.log: "event: sentiment" in log.read_text(), 20, "no event came")
                assert "wonderful" in stream.log.read_text()
            assert f"captions/{ready['session_id']}#" in streams[1].log.read_text()
        finally:
            for stream in streams:
                stream.stop()
        said = reader.run(examples("REST")[0], **env)
    assert '"status":"ready"' in said and '"key_needed":false' in said and '"label":"POSITIVE"' in said


def test_the_documented_stream_of_everybodys_results_works(reader: Reader) -> None:
    stream = reader.process(examples("Server-sent events")[2], WTA_READER_KEY=READER)
    try:
        wait_until(lambda: "listening" in stream.log.read_text(), 20, "no stream")
        session_id = reader.speak()
        wait_until(lambda: session_id in stream.log.read_text(), 20, "no result came")
        assert "event: result" in stream.log.read_text()
    finally:
        stream.stop()


def test_the_documented_receiver_of_webhooks_works(reader: Reader, tmp_path: Path) -> None:
    (example,) = examples("Webhooks")
    receiver = reader.process(example, WTA_WEBHOOK_SECRET=SECRET)
    env = reader.stack.env | {"WTA_WEBHOOK_URLS": f"http://127.0.0.1:{reader.hook_port}/", "WTA_WEBHOOK_SECRET": SECRET}
    worker = python("webhooks", ["webhook_worker"], env, tmp_path / "webhooks.log")
    worker.start()
    try:
        wait_until(lambda: "ready model=" in worker.log.read_text(), 60, "the worker is not ready")
        session_id = reader.speak()
        wait_until(lambda: session_id in receiver.log.read_text(), 30, "nobody was told")
        assert "result.done" in receiver.log.read_text() and "wonderful" in receiver.log.read_text()
    finally:
        worker.stop()
        receiver.stop()
