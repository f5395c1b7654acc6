"""Listeners as processes of their own."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.support.processes import Process, python
from tests.support.results import result_lines
from tests.support.wait import wait_until
from wta.settings import Settings


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
