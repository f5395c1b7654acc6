"""The whole system in containers, under a project name, ports and folders of the tests' own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.support.processes import ROOT, free_port
from tests.support.wait import wait_until

SERVICES = ("redis", "fastapi_service", "stt_worker", "analyzer_worker", "listener_service", "caddy")


class Composed:
    """`docker compose`, and what it has started."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.port, self.https_port, self.http_port = free_port(), free_port(), free_port()
        self.logs = folder / "logs"
        self.result_log = self.logs / "result_listener.log"
        self.http_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/audio"
        self._command = [*command, "--project-name", "wta-test"]
        self._env = os.environ | {
            "WTA_PORT": str(self.port), "HTTP_PORT": str(self.http_port), "HTTPS_PORT": str(self.https_port),
            "WTA_LOGS": str(self.logs), "DOMAIN": "", "WTA_THREADS": "1",
        }  # fmt: skip

    def run(self, *arguments: str, timeout_s: float = 600) -> str:
        """One compose command; raises with its last words where it fails."""
        done = subprocess.run(
            [*self._command, *arguments], cwd=ROOT, env=self._env, capture_output=True, text=True, timeout=timeout_s,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"compose {' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def up(self, **scale: int) -> None:
        """Start what does not run, and wait until speech can be turned into text."""
        self.run("up", "-d", *(part for name, n in scale.items() for part in ("--scale", f"{name}={n}")))
        self.wait_ready()

    def wait_ready(self, timeout_s: float = 240) -> None:
        def ready() -> bool:
            return httpx.get(f"{self.http_url}/readyz", timeout=5).status_code == 200

        try:
            wait_until(ready, timeout_s, "the system never became ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.run('ps')}\n{self.run('logs', '--tail', '30')}") from error

    def tell(self, url: str, secret: str) -> None:
        """Start the webhook worker, which `docker compose up` leaves out, for results to come."""
        host = urlsplit(url).hostname or ""
        self._env |= {"WTA_WEBHOOK_URLS": url, "WTA_WEBHOOK_SECRET": secret, "WTA_WEBHOOK_HTTP_HOSTS": host}
        self.run("--profile", "webhooks", "up", "-d", "--build", "webhook_worker")
        wait_until(lambda: "ready" in docker("logs", self.containers("webhook_worker")[0]), 60, "it never began")

    def down(self) -> None:
        self.run("--profile", "webhooks", "down", "--volumes", "--remove-orphans", "--timeout", "5")

    def containers(self, service: str) -> list[str]:
        return self.run("ps", "--quiet", service).split()

    def inspect(self, service: str) -> dict[str, Any]:
        """What `docker inspect` says of the service's first container."""
        return dict(json.loads(docker("inspect", self.containers(service)[0]))[0])

    def kill(self, service: str) -> None:
        """SIGKILL for every container of a service. Docker takes that for an order and does not restart them."""
        docker("kill", *self.containers(service))

    def log_lines(self) -> list[str]:
        """Result lines, as somebody on the host reads them."""
        if not self.result_log.exists():
            return []
        return [line for line in self.result_log.read_text().splitlines() if line and not line.startswith("#")]


def docker(*arguments: str) -> str:
    """Run a command of docker; returns its stdout and stderr together, because a container's log is in both."""
    done = subprocess.run(
        ["docker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(arguments)} failed: {done.stdout}")
    return done.stdout
