"""Deepgram's own client, pointed at this server and not changed otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from deepgram import DeepgramClient
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment
from websockets.exceptions import ConnectionClosedOK

from tests.support.wait import wait_until

GOOD = "encoding=linear16&sample_rate=16000"
"""The least that a query must say."""


class Listening:
    """One connection, with everything that the client made of what came."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.messages: list[Any] = []
        self.errors: list[Exception] = []
        self.closed = threading.Event()
        connection.on(EventType.MESSAGE, self.messages.append)
        connection.on(EventType.ERROR, self.errors.append)
        connection.on(EventType.CLOSE, lambda _: self.closed.set())
        self._thread = threading.Thread(target=connection.start_listening, daemon=True)
        self._thread.start()

    def say(self, pcm16: bytes, rate_hz: int = 16_000, chunk_ms: int = 100, pace: bool = False) -> None:
        step = 2 * rate_hz * chunk_ms // 1000
        for start in range(0, len(pcm16), step):
            self.connection.send_media(pcm16[start : start + step])
            if pace:
                time.sleep(chunk_ms / 1000)  # as somebody who speaks

    def of(self, kind: str) -> list[Any]:
        return [m for m in self.messages if m.type == kind]

    def finals(self) -> list[Any]:
        return [m for m in self.of("Results") if m.is_final]

    def wait_for(self, condition: Callable[[], Any], timeout_s: float = 60) -> Any:
        return wait_until(condition, timeout_s, f"it never came, only {[m.type for m in self.messages]}")

    def finish(self, timeout_s: float = 120) -> None:
        """Say `CloseStream`, and hear what is still said until the server closes."""
        with suppress(ConnectionClosedOK):  # the test may have said it, and everything may be answered
            self.connection.send_close_stream()
        assert self.closed.wait(timeout_s), [m.type for m in self.messages]
        self._thread.join(10)


def client(http_url: str, key: str = "none is needed") -> DeepgramClient:
    ws_url = http_url.replace("http", "ws", 1)
    environment = DeepgramClientEnvironment(base=http_url, production=ws_url, agent=ws_url, agent_rest=http_url)
    return DeepgramClient(api_key=key, environment=environment)


@contextmanager
def listening(http_url: str, key: str = "none is needed", **options: Any) -> Iterator[Listening]:
    """Options are Deepgram's query parameters; `sentiment` goes the way of those that their client has no name for."""
    more = {"additional_query_parameters": {"sentiment": "true"}} if options.pop("sentiment", False) else None
    asked = {"model": "nova-3", "encoding": "linear16", "sample_rate": 16_000} | options
    with client(http_url, key).listen.v1.connect(**asked, request_options=more) as connection:
        yield Listening(connection)
