"""The reconciler against a real Redis that it has for itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from fastapi_service.reconciler import Reconciler
from tests.support.ledger_entries import append
from tests.support.redis_server import RedisServer
from wta import names
from wta.ledger import Ledger
from wta.settings import Settings


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis without a web service, whose own reconciler would be one more."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_one_of_many_replicas_reconciles(ledger: Ledger, redis_client: redis.Redis, settings: Settings) -> None:
    append(ledger, ledger.open_session(16_000))
    redis_client.delete(names.AUDIO_QUEUE)  # its wake-up is lost
    replicas = [Reconciler(redis_client, ledger) for _ in range(5)]
    assert sum(replica.run_once() for replica in replicas) == 1
    assert redis_client.llen(names.AUDIO_QUEUE) == 1
    redis_client.delete(names.RECONCILER_LOCK)  # runs out by itself
    assert replicas[1].run_once() == 0, "one wake-up is enough"
