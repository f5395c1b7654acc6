"""Bodies that are too large or too slow, on a real service: refused in words, and nobody else waits."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import httpx
import pytest

from fastapi_service.asgi.body_limits import MAX_BODY_BYTES
from tests.fastapi_service.web_service import Web

_ONE_MB = b"x" * 1_000_000


def sent_until_closed(web: Web, head: str, megabytes: int) -> tuple[int, bytes]:
    """How many MB the server takes, and what it answers."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        sent = 0
        with suppress(OSError):
            while sent < megabytes:
                sent += 1
                connection.sendall(b"%x\r\n%s\r\n" % (len(_ONE_MB), _ONE_MB))
        with suppress(OSError):
            return sent, connection.recv(65_536)
        return sent, b""


@pytest.mark.parametrize("path", ["/api/files", "/api/token", "/nowhere", "/healthz"])
def test_a_body_without_end_is_refused_before_it_is_in_memory(web: Web, path: str) -> None:
    head = f"POST {path} HTTP/1.1\nHost: localhost\nContent-Type: application/json\nTransfer-Encoding: chunked"
    sent, answer = sent_until_closed(web, head, 60)
    assert sent < 20 and (not answer or b" 413 " in answer.splitlines()[0])


def test_an_announced_body_that_is_too_large_is_refused_in_words(web: Web) -> None:
    answer = httpx.post(f"{web.http_url}/api/files", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413 and "at most" in answer.json()["detail"]


def test_a_body_that_never_comes_is_given_up(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as connection:
        connection.sendall(b"POST /api/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
        began = time.monotonic()
        assert b" 408 " in connection.recv(65_536)
        while connection.recv(65_536):
            pass  # the rest of the answer, until the server closes
        assert time.monotonic() - began < 25


def test_an_upload_that_is_refused_unread_closes_its_connection(web: Web) -> None:
    head = "PUT /api/files/0123456789abcdef HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked"
    sent, answer = sent_until_closed(web, head, 200)
    assert sent < 200 and (not answer or b"onnection: close" in answer)
