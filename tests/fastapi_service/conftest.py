"""The web service alone on a real Redis: the workers' part is done by the tests."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import redis
import soundfile

from tests.support.processes import Process, free_port, python
from tests.support.redis_server import RedisServer
from tests.support.speech import espeak
from tests.support.wait import wait_until
from wta.ledger import Ledger
from wta.settings import Settings


class Web:
    """One web service as a process of its own."""

    def __init__(self, redis_url: str, folder: Path, module: str = "fastapi_service", **settings: object) -> None:
        self.port = free_port()
        self.http_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/audio"
        env = {"WTA_REDIS_URL": redis_url, "WTA_PORT": str(self.port), "WTA_STATE_DIR": str(folder / "run")}
        env |= {f"WTA_{name.upper()}": str(value) for name, value in settings.items()}
        self.process: Process = python("web", [module], env, folder / "web.log")

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: httpx.get(f"{self.http_url}/healthz").is_success, 30, "the web service does not answer")

    def log(self) -> str:
        return self.process.log.read_text()


MakeWeb = Callable[..., Web]


@pytest.fixture(scope="session")
def web(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Shared by the tests of one run."""
    web = Web(redis_server.url, tmp_path_factory.mktemp("web"), resume_grace_s=0.5)
    web.start()
    yield web
    assert web.process.stop() == -signal.SIGTERM, web.process.tail()
    assert "Traceback" not in web.log(), web.log()


@pytest.fixture
def make_web(redis_server: RedisServer, tmp_path: Path) -> Iterator[MakeWeb]:
    """A web service of the test's own, with other settings."""
    made: list[Web] = []

    def make(redis_url: str = redis_server.url, **settings: object) -> Web:
        folder = tmp_path / f"web{len(made)}"
        folder.mkdir()
        made.append(Web(redis_url, folder, **settings))
        made[-1].start()
        return made[-1]

    yield make
    for web in made:
        web.process.stop()


@pytest.fixture
def ledger(redis_client: redis.Redis, settings: Settings) -> Ledger:
    return Ledger(redis_client, settings)


@pytest.fixture(scope="session")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """PCM16 at 16 kHz: one spoken sentence without a pause, a second of silence before and after it."""
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    path = espeak(text, tmp_path_factory.mktemp("speech") / "sentence.wav", 16_000)
    samples, _ = soundfile.read(path, dtype="int16")
    return np.asarray(samples, dtype="<i2").tobytes()
