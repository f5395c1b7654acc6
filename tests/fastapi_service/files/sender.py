"""Sends a file to `/api/files` and follows it, as the page does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.fastapi_service.web_service import Web
from tests.support.wait import wait_until

ANSWER_S = 30.0


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def open_files(web: Web) -> list[str]:
    """What the web service holds open in its folder of uploads."""
    folder = Path(f"/proc/{web.process.pid}/fd")
    return [target for fd in folder.iterdir() if "/uploads/" in (target := str(fd.readlink()))]


class Sender:
    """Somebody with a file, as the page does it."""

    def __init__(self, web: Web, credential: str = "") -> None:
        self.url = f"{web.http_url}/api/files"
        self.credential = credential
        self.session_id = self.token = ""

    def open(self, size: int, **fields: object) -> httpx.Response:
        body = {"size_bytes": size} | fields
        answer = httpx.post(self.url, json=body, headers=bearer(self.credential) if self.credential else {})
        if answer.status_code == 201:
            self.session_id, self.token = answer.json()["session_id"], answer.json()["resume_token"]
        return answer

    def put(self, content: Any) -> httpx.Response:
        headers = bearer(self.token) | {"Content-Type": "application/octet-stream"}
        return httpx.put(f"{self.url}/{self.session_id}", content=content, headers=headers, timeout=60)

    def send(self, path: Path) -> None:
        assert self.open(path.stat().st_size).status_code == 201
        assert self.put(path.read_bytes()).json()["state"] == "working"

    def view(self, after: str = "0-0", token: str | None = None) -> httpx.Response:
        url = f"{self.url}/{self.session_id}"
        return httpx.get(url, params={"after": after}, headers=bearer(self.token if token is None else token))

    def cancel(self) -> int:
        return httpx.delete(f"{self.url}/{self.session_id}", headers=bearer(self.token)).status_code

    def state(self) -> str:
        return str(self.view().json()["state"])

    def wait(self, state: str, timeout_s: float = ANSWER_S) -> dict[str, Any]:
        wait_until(lambda: self.state() == state, timeout_s, f"never {state}")
        return dict(self.view().json())

    def texts(self) -> list[str]:
        return [event["text"] for event in self.view().json()["events"] if event["type"] == "final"]
