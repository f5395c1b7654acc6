"""The whole system as real processes on free ports, for tests of the main path and of faults."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import redis

from tests.support.processes import Process, free_port, python
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until

_WORKER = ["worker", "--concurrency=1", "--pool=solo"]


class Stack:
    """Redis, web service, speech worker, sentiment worker and listener, each killable by name."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.redis = RedisServer(folder / "redis")
        self.port = free_port()
        self.http_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/audio"
        self.redis_url = self.redis.url
        self.result_log = folder / "result_listener.log"
        self.env = {
            "WTA_REDIS_URL": self.redis_url, "WTA_PORT": str(self.port), "WTA_STATE_DIR": str(folder / "run"),
            "WTA_RESULT_LOG": str(self.result_log), "PYTHONUNBUFFERED": "1",
            "WHISPER_MODEL": os.environ.get("WHISPER_MODEL") or "tiny.en",
            "WTA_THREADS": "1",  # threads that spin would only take the cores from the other processes
        } | {f"WTA_{name.upper()}": value for name, value in settings.items()}  # fmt: skip
        self.processes: dict[str, Process] = {}
        self.add("web", ["fastapi_service"])
        self.add("stt", ["celery", "-A", "stt_worker:celery_app", *_WORKER])
        self.add("analyzer", ["celery", "-A", "analyzer_worker:celery_app", *_WORKER])
        self.add("listener", ["listener_service"])

    def add(self, name: str, module_and_args: list[str]) -> Process:
        """Another process of the system, not started yet."""
        self.processes[name] = python(name, module_and_args, self.env, self.folder / f"{name}.log")
        return self.processes[name]

    def add_stt_worker(self, name: str) -> Process:
        return self.add(name, self.processes["stt"].command[2:])

    def start(self) -> None:
        self.redis.start()
        for process in self.processes.values():
            process.start()
        self.wait_ready()

    def wait_ready(self, timeout_s: float = 120) -> None:
        """Until the service says that every part is there; a part that ended instead is shown with its last words."""

        def ready() -> bool:
            for process in self.processes.values():
                if not process.running:
                    raise RuntimeError(f"{process.name} ended:\n{process.tail()}")
            answer = httpx.get(f"{self.http_url}/readyz")
            assert answer.is_success, answer.text  # which part is missing, for who reads of a failure
            return True

        wait_until(ready, timeout_s, "the system never became ready")

    def kill(self, name: str) -> None:
        """End a process with SIGKILL."""
        self.processes[name].kill()

    def restart(self, name: str) -> None:
        self.processes[name].stop()
        self.processes[name].start()

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()
        self.redis.stop()

    def client(self) -> redis.Redis:
        return self.redis.client()

    def log_lines(self) -> list[str]:
        """Result lines of the log, without statistics."""
        if not self.result_log.exists():
            return []
        return [line for line in self.result_log.read_text().splitlines() if line and not line.startswith("#")]


def wta(*args: str) -> list[str]:
    """Command line of the project's own tool."""
    return [sys.executable, "-m", "wta", *args]
