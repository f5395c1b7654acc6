"""A listener as a real process, and results for it to write."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.processes import Process, python
from tests.support.wait import wait_until
from wta import names
from wta.messages import Label, Models, Result, ResultStatus, Timings
from wta.settings import Settings

LABELS = list(Label)
ID = re.compile(r" (\d+-\d+)$")


def make_result(seq: int = 1, text: str = "I like it", session: str = "5e5510a000000001", **fields: object) -> Result:
    return Result.model_validate(
        {
            "utterance_id": f"{session}:{seq}", "session_id": session, "seq": seq, "trace_id": "t", "start": 1.0,
            "end": 3.5, "text": text, "label": LABELS[seq % 3], "score": 0.75, "models": Models(),
            "timings": Timings(captured=100.0, published=100.5),
        }
        | fields
    )  # fmt: skip


def failed_result(seq: int = 1, reason: str = "three workers died of it") -> Result:
    return make_result(seq, status=ResultStatus.FAILED, text=None, label=None, score=None, reason=reason)


def add(client: redis.Redis, result: Result) -> str:
    """Put a result where the ledger puts it; returns the id it got."""
    return client.xadd(names.RESULTS_STREAM, {"json": result.to_json()}).decode()


def result_lines(*paths: Path) -> list[str]:
    """Result lines of the files, oldest file first."""
    text = "".join(p.read_text() for p in paths if p.exists())
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def ids(*paths: Path) -> list[str]:
    """Stream ids in the order in which they stand in the files. A line without one fails the test."""
    found = [ID.search(line) for line in result_lines(*paths)]
    assert all(found), "a line without an id"
    return [match[1] for match in found if match]


class ListenerRunner:
    """Starts listeners that write one log."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.log = settings.result_log
        self.rotated = self.log.with_name(self.log.name + ".1")
        self.env = {
            "WTA_REDIS_URL": settings.redis_url, "WTA_RESULT_LOG": str(self.log), "WTA_STATS_EVERY_RESULTS": "1000000",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.output = folder / "listener.out"
        self.started: list[Process] = []

    def start(self, module: str = "listener_service", **env: str) -> Process:
        process = python("listener", [module], self.env | env, self.output)
        process.start()
        self.started.append(process)
        return process

    def wait_for(self, count: int, *others: Path, timeout_s: float = 30) -> None:
        """Until the log (and `others`) hold `count` results."""
        wait_until(lambda: len(result_lines(*others, self.log)) >= count, timeout_s, f"never {count} lines in the log")

    def stop(self, process: Process) -> int | None:
        """SIGTERM; returns the exit status."""
        process.signal(signal.SIGTERM)
        return process.wait(20)


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
