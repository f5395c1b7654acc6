"""A listener as a real process, and results for it to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.listener_service.listener_runner import ListenerRunner
from tests.support.results import add, make_result
from wta.settings import Settings


@pytest.fixture
def listener(settings: Settings, tmp_path: Path, redis_client: redis.Redis) -> Iterator[ListenerRunner]:
    runner = ListenerRunner(settings, tmp_path)
    yield runner
    for process in runner.started:
        process.stop(10)


@pytest.fixture
def add_results(redis_client: redis.Redis) -> Callable[[int], list[str]]:
    """Adds so many more results; returns their ids."""
    count = 0

    def add_more(more: int) -> list[str]:
        nonlocal count
        added = [add(redis_client, make_result(count + i + 1, f"sentence {count + i + 1}")) for i in range(more)]
        count += more
        return added

    return add_more
