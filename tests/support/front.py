"""A load balancer: new connections go to the first web service that says that it is ready."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

import httpx

_CHUNK_BYTES = 65_536
_PATIENCE_S = 10


class Front:
    """One address for several web services of this machine, as HAProxy is with a check of `/readyz`.

    Connections that are open stay where they are. `ports` may be changed at any time.
    """

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/audio"
        self.taken: list[int] = []
        """The port that each connection went to."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        port = next((port for port in list(self.ports) if _is_ready(port)), None)
        with client, suppress(OSError):
            if port is None:
                return
            self.taken.append(port)
            with socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as server:
                server.settimeout(None)
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=_PATIENCE_S).is_success
    except httpx.HTTPError:
        return False


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
