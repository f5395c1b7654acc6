"""The web service alone on a real Redis: the workers' part is done by the tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import numpy as np
import pytest
import redis
import soundfile

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import Web
from tests.support.redis_server import RedisServer
from tests.support.speech import espeak
from wta.ledger import Ledger


@pytest.fixture(scope="session")
def shared_web(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(redis_server.url, tmp_path_factory.mktemp("web"), resume_grace_s=0.5, max_queue_s=600)
    web.start()
    yield web
    assert web.process.stop() == -signal.SIGTERM, web.process.tail()
    assert "Traceback" not in web.log(), web.log()


@pytest.fixture
def web(shared_web: Web) -> Iterator[Web]:
    """A web service that the tests of one run share. A test that ends it fails itself, not all those after it."""
    if not shared_web.process.running:
        shared_web.start()
    yield shared_web
    assert shared_web.process.running, "This test has ended the shared web service. It needs make_web()."


@pytest.fixture
def workers(redis_client: redis.Redis, ledger: Ledger) -> Iterator[FakeWorkers]:
    """Speech and sentiment workers that answer for as long as the test lasts."""
    with FakeWorkers(redis_client, ledger) as workers:
        yield workers


@pytest.fixture(scope="session")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One spoken sentence without a pause, as PCM16 at 16 kHz, with a second of silence before and after it."""
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    path = espeak(text, tmp_path_factory.mktemp("speech") / "sentence.wav", 16_000)
    samples, _ = soundfile.read(path, dtype="int16")
    return np.asarray(samples, dtype="<i2").tobytes()
