"""The ledger's tests have a Redis of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis without a web service, whose reconciler would work on what these tests put into it."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server
