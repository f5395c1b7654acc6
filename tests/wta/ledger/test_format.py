"""A ledger of another version is left alone, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.support.processes import free_port, python
from tests.support.redis_server import RedisServer
from wta import names
from wta.errors import LedgerFormatError
from wta.ledger import ensure_format
from wta.ledger.format import FORMAT

_WORKER = ["celery", "-A", "analyzer_worker:celery_app", "worker", "--concurrency=1", "--pool=solo"]


def test_a_new_ledger_is_marked_and_known_again(redis_client: redis.Redis) -> None:
    ensure_format(redis_client)
    ensure_format(redis_client)
    redis_client.set(names.LEDGER_FORMAT, "99")
    with pytest.raises(LedgerFormatError, match="format 99"):
        ensure_format(redis_client)


def test_a_redis_that_is_emptied_while_it_is_looked_at_is_no_ledger_of_another_version(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = redis_client.set
    monkeypatch.setattr(redis_client, "set", lambda *args, **more: (real(*args, **more), redis_client.flushdb()))
    ensure_format(redis_client)
    monkeypatch.undo()
    ensure_format(redis_client)
    assert redis_client.get(names.LEDGER_FORMAT) == FORMAT.encode()


@pytest.mark.parametrize("command", [["fastapi_service"], ["listener_service"], _WORKER])
def test_no_service_touches_a_ledger_of_another_format(
    redis_client: redis.Redis, redis_server: RedisServer, tmp_path: Path, command: list[str]
) -> None:
    # Given a ledger of another format
    redis_client.set(names.LEDGER_FORMAT, "99")
    env = {"WTA_REDIS_URL": redis_server.url, "WTA_PORT": str(free_port()), "WTA_STATE_DIR": str(tmp_path),
           "WTA_RESULT_LOG": str(tmp_path / "result_listener.log")}  # fmt: skip
    # When a service starts
    service = python("service", command, env, tmp_path / "out.log")
    service.start()
    try:
        # Expect it to end with words of where to read on
        service.wait(60)
        assert "CHANGELOG" in service.tail()
    finally:
        service.stop()
