"""The system under load: real Redis, web processes, Celery workers, sentiment worker and listener."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.processes import Process
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta.health import presence
from wta.names import WorkerKind

_ANY = 1_000_000
_PARTS = {"stt": "speech workers", "analyzer": "sentiment workers"}


@dataclass(frozen=True)
class Size:
    """How large the system and its load are."""

    sessions: int
    workers: int
    web_processes: int
    sentiment_workers: int = 1


@contextmanager
def running(folder: Path, size: Size) -> Iterator[Stack]:
    """The system with speech workers that sleep (stt_worker/engines/measured.py), ready for speakers."""
    stack = Stack(
        folder, stt_engine="measured", web_processes=str(size.web_processes), max_sessions=str(size.sessions),
        max_new_sessions_per_minute="0", max_queue_s=str(_ANY), log_level="WARNING",
    )  # fmt: skip
    for number in range(2, size.workers + 1):
        stack.add_stt_worker(f"stt{number}")
    for number in range(2, size.sentiment_workers + 1):
        stack.add(f"analyzer{number}", stack.processes["analyzer"].command[2:])
    try:
        stack.start()
        client = stack.client()
        wait_until(lambda: len(presence.rates(client, WorkerKind.STT)) == size.workers, 180, "not every worker came")
        yield stack
    finally:
        stack.stop()


def cpu_s(stack: Stack) -> dict[str, float]:
    """Part of the system → the CPU seconds that its processes have used so far."""
    parts: dict[str, float] = {"load": _cpu_s(psutil.Process()), "redis": _of(stack.redis.process)}
    for name, process in stack.processes.items():
        part = _PARTS.get(name.rstrip("0123456789"), name)
        parts[part] = parts.get(part, 0.0) + _of(process)
    return parts


def _of(process: Process) -> float:
    parent = psutil.Process(process.pid)
    return sum(map(_cpu_s, [parent, *parent.children(recursive=True)]))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
