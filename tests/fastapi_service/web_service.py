"""The web service as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.processes import Process, free_port, python
from tests.support.wait import wait_until


class Web:
    """One web service as a process of its own."""

    def __init__(self, redis_url: str, folder: Path, module: str = "fastapi_service", **settings: object) -> None:
        self.port = free_port()
        host = str(settings.get("host", "127.0.0.1"))
        authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.http_url = f"http://{authority}"
        self.ws_url = f"ws://{authority}/ws/audio"
        env = {"WTA_REDIS_URL": redis_url, "WTA_PORT": str(self.port), "WTA_STATE_DIR": str(folder / "run")}
        env |= {f"WTA_{name.upper()}": str(value) for name, value in settings.items()}
        self.process: Process = python("web", [module], env, folder / "web.log")

    def start(self) -> None:
        self.process.start()
        wait_until(self._answers, 30, "the web service does not answer")

    def _answers(self) -> bool:
        return self.process.running and httpx.get(f"{self.http_url}/healthz").is_success

    def log(self) -> str:
        return self.process.log.read_text()


MakeWeb = Callable[..., Web]
