"""Webhook workers as real processes, and a real server that they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.processes import Process, python
from tests.support.receiver import Receiver
from tests.support.wait import wait_until
from wta import names
from wta.settings import Settings
from wta.webhooks import new_secret


class Workers:
    """Starts webhook workers that tell one receiver."""

    def __init__(self, settings: Settings, client: redis.Redis, receiver: Receiver, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self.secret = new_secret()
        self.env = {
            "WTA_REDIS_URL": settings.redis_url, "WTA_STATE_DIR": str(folder / "run"), "WTA_LOG_LEVEL": "DEBUG",
            "WTA_WEBHOOK_URLS": f"{receiver.url}/hook/t0ken", "WTA_WEBHOOK_SECRET": self.secret,
            "WTA_WEBHOOK_RETRY_S": "0.1", "WTA_WEBHOOK_TIMEOUT_S": "1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.started: list[Process] = []

    def start(self, **env: str) -> Process:
        """One more worker, ready."""
        command = ["celery", "-A", "webhook_worker:celery_app", "worker", "--concurrency=4", "--pool=threads"]
        log = self._folder / f"webhooks{len(self.started)}.log"
        process = python("webhooks", command, self.env | {f"WTA_{k.upper()}": v for k, v in env.items()}, log)
        process.start()
        self.started.append(process)
        wait_until(lambda: not process.running or "ready model=" in process.log.read_text(), 60, "never ready")
        assert process.running, process.tail()
        wait_until(lambda: self._client.exists(names.WEBHOOK_CURSOR), 10, "nobody plans")
        return process

    def log(self) -> str:
        return "".join(process.log.read_text() for process in self.started)

    def wait_until_nothing_is_owed(self, timeout_s: float = 30) -> None:
        wait_until(lambda: not self._client.zcard(names.WEBHOOKS_PENDING), timeout_s, "something is owed still")


@pytest.fixture
def workers(settings: Settings, redis_client: redis.Redis, receiver: Receiver, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(settings, redis_client, receiver, tmp_path)
    yield workers
    for process in workers.started:
        process.stop()
    assert "Traceback" not in workers.log(), workers.log()


@pytest.fixture
def say(redis_client: redis.Redis) -> Callable[[int], list[str]]:
    """Puts so many results where the ledger puts them; returns the ids of their webhooks."""
    from tests.listener_service.conftest import add, make_result

    count = 0

    def more(number: int) -> list[str]:
        nonlocal count
        first, count = count + 1, count + number
        return [f"res_{add(redis_client, make_result(n, f'a secret sentence {n}'))}" for n in range(first, count + 1)]

    return more
