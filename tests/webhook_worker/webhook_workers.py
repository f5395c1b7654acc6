"""Webhook workers as processes of their own."""

from __future__ import annotations

from pathlib import Path

import redis

from tests.support.processes import Process, python
from tests.support.receiver import Receiver
from tests.support.wait import wait_until
from wta import names
from wta.settings import Settings
from wta.webhooks import new_secret


class WebhookWorkers:
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

    def start(self, command: str = "webhook_worker", **env: str) -> Process:
        """One more worker, ready: `python -m` the words of `command`."""
        log = self._folder / f"webhooks{len(self.started)}.log"
        process = python("webhooks", command.split(), self.env | {f"WTA_{k.upper()}": v for k, v in env.items()}, log)
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
