"""`python -m wta run`: the system under its real supervisor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import httpx
import psutil

from chaos.judge import judge, logged
from chaos.lab import SETTINGS, Lab
from chaos.speaker import Speaker
from tests.support.processes import Process, free_port


class LocalRun:
    """One `wta run` on free ports, in a folder of its own."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        folder = lab.folder / "local-run"
        folder.mkdir(parents=True, exist_ok=True)
        port, redis_port = free_port(), free_port()
        self.http_url = f"http://127.0.0.1:{port}"
        self.ws_url = f"ws://127.0.0.1:{port}/ws/audio"
        self.result_log = folder / "result_listener.log"
        env = {f"WTA_{name.upper()}": value for name, value in SETTINGS.items()} | {
            "WTA_PORT": str(port), "WTA_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "WTA_STATE_DIR": str(folder / "run"), "WTA_RESULT_LOG": str(self.result_log),
        }  # fmt: skip
        self._process = Process("local-run", [sys.executable, "-m", "wta", "run"], env, folder / "run.log")

    @contextmanager
    def running(self) -> Iterator[Self]:
        self._process.start()
        try:
            self._lab.until(self._ready, 180, "`wta run` never became ready")
            yield self
        finally:
            self._process.stop(60)

    def worker_pid(self, package: str) -> int:
        """Return the process id of this worker, which is a child of the supervisor."""
        children = psutil.Process(self._process.pid).children()
        return next(child.pid for child in children if f"{package}:celery_app" in child.cmdline())

    def check(self, speaker: Speaker) -> None:
        """Wait for the speaker's end and the log, then judge."""
        speaker.wait(120)
        self._lab.until(lambda: set(speaker.history.sentiments) <= set(logged(self._lines())), 30, "lines are missing")
        wrong = judge([speaker.history], self._lines())
        assert not wrong, "; ".join(wrong)

    def _ready(self) -> bool:
        assert self._process.running, self._process.tail()
        return httpx.get(f"{self.http_url}/readyz").status_code == httpx.codes.OK

    def _lines(self) -> list[str]:
        return self.result_log.read_text().splitlines()
