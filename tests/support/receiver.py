"""Somebody else's server that is told of results, with the faults that such servers have."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Delivery:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The payload; raises WebhookVerificationError where the library finds it is not from who has the secret."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers with whatever status `answer` gives for a delivery; 200 until it is set. Keeps every request."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.deliveries: list[Delivery] = []
        self.answer: Callable[[Delivery], int] = lambda _: 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                delivery = Delivery(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                receiver.deliveries.append(delivery)
                status = receiver.answer(delivery)
                self.send_response(status)
                if status in {301, 302, 307, 308}:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def ids(self) -> list[str]:
        return [delivery.id for delivery in self.deliveries]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
