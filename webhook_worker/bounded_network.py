"""The network as a delivery may use it: until its deadline, and to no link-local address.

httpx has a time-out for each read, so a receiver that sends a byte now and then could hold a thread for ever. And a
name may resolve to 169.254.169.254, where clouds give credentials to whoever asks.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class BoundedTransport(httpx.HTTPTransport):
    """A transport of httpx. What `until` says holds for the requests of the thread that calls it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._deadline = threading.local()
        # httpx passes no backend on; tests/webhook_worker notices if these names change.
        self._pool._network_backend = _Backend(self._pool._network_backend, self._left_s)

    @contextmanager
    def until(self, seconds: float) -> Iterator[None]:
        """Let whatever this thread does with the network in the body of `with` fail after `seconds`."""
        self._deadline.at = time.monotonic() + seconds
        yield

    def _left_s(self, timeout_s: float | None) -> float:
        left_s = self._deadline.at - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout
        return min(left_s, timeout_s) if timeout_s else float(left_s)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, left_s: Any) -> None:
        self._inner, self._left_s = inner, left_s

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        stream = self._inner.connect_tcp(host, port, self._left_s(timeout), local_address, socket_options)
        if _is_forbidden(stream.get_extra_info("server_addr")[0]):
            stream.close()
            raise httpcore.ConnectError
        return _Stream(stream, self._left_s)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, left_s: Any) -> None:
        self._inner, self._left_s = inner, left_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._left_s(timeout)), self._left_s)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _is_forbidden(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified)
