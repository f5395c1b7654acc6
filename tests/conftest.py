"""Fixtures that every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.receiver import Receiver
from tests.support.redis_server import RedisServer
from tests.support.stack import Stack
from wta.settings import Settings


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis, shared by the tests of one run."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client of the shared Redis, emptied before the test."""
    client = redis_server.client()
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path) -> Settings:
    """Settings for one test: its own folders, short leases."""
    return Settings(
        redis_url=redis_server.url,
        state_dir=tmp_path / "run",
        result_log=tmp_path / "result_listener.log",
        lease_s=1.0,
        requeue_s=1.0,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody else's server, to be told of results."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole system, shared by the tests of one run: do not kill its parts, make a Stack of your own for that."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
