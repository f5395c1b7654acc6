"""Webhook workers as real processes, and a real server that they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.receiver import Receiver
from tests.support.results import add, make_result
from tests.webhook_worker.webhook_workers import WebhookWorkers
from wta.settings import Settings


@pytest.fixture
def workers(
    settings: Settings, redis_client: redis.Redis, receiver: Receiver, tmp_path: Path
) -> Iterator[WebhookWorkers]:
    workers = WebhookWorkers(settings, redis_client, receiver, tmp_path)
    yield workers
    for process in workers.started:
        process.stop()
    assert "Traceback" not in workers.log(), workers.log()


@pytest.fixture
def say(redis_client: redis.Redis) -> Callable[[int], list[str]]:
    """Puts so many results where the ledger puts them; returns the ids of their webhooks."""
    count = 0

    def more(number: int) -> list[str]:
        nonlocal count
        first, count = count + 1, count + number
        return [f"res_{add(redis_client, make_result(n, f'a secret sentence {n}'))}" for n in range(first, count + 1)]

    return more
