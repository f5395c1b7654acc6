"""A client of the WebSocket that does what a test tells it, right or wrong."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

Message = dict[str, Any]


class Speaker:
    """One connection. Keeps every message that came."""

    def __init__(self, url: str, rate_hz: int = 16_000, headers: dict[str, str] | None = None, **start: Any) -> None:
        self.socket = connect(
            url, max_size=None, open_timeout=20, compression=None, ping_interval=None, additional_headers=headers
        )
        self.rate_hz = rate_hz
        self.messages: list[Message] = []
        self.fields = {"sample_rate": rate_hz} | start

    def __enter__(self) -> Speaker:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def start(self) -> Message:
        """Say `start`; returns `ready`."""
        self.order("start", **self.fields)
        return self.receive("ready")

    def order(self, kind: str, **fields: Any) -> None:
        self.send(json.dumps({"type": kind} | fields))

    def send(self, frame: str | bytes) -> None:
        """Send one frame. What a closed connection has to say is read later."""
        with suppress(ConnectionClosed):
            self.socket.send(frame)

    def say(self, pcm16: bytes, frame_ms: int = 40) -> None:
        """Send audio as fast as the socket takes it."""
        step = 2 * self.rate_hz * frame_ms // 1000
        for start in range(0, len(pcm16), step):
            self.send(pcm16[start : start + step])

    def receive(self, *types: str, timeout_s: float = 30) -> Message:
        """Returns the next message of one of these types; those in between are kept in `messages`."""
        deadline = time.monotonic() + timeout_s
        while True:
            message: Message = json.loads(self.socket.recv(timeout=max(0.0, deadline - time.monotonic())))
            self.messages.append(message)
            if message["type"] in types:
                return message

    def until_ack(self, sample: int, timeout_s: float = 30) -> None:
        """Read until the server has acknowledged everything before this sample."""
        while self.receive("ack", timeout_s=timeout_s)["sample"] < sample:
            pass

    def until_closed(self, timeout_s: float = 30) -> int:
        """Read to the end; returns the close code, 1006 where there was none."""
        try:
            self.receive("there is no such type", timeout_s=timeout_s)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError("unreachable")

    def drop(self) -> None:
        """Break the connection without a word, as a lost network does."""
        self.socket.socket.close()

    def of_type(self, *types: str) -> list[Message]:
        return [m for m in self.messages if m["type"] in types]
