"""Finds out whether a port can be listened on."""

from __future__ import annotations

import socket
from contextlib import suppress


def check_can_listen(host: str, port: int) -> None:
    """Raise OSError if this machine cannot listen on an address (IPv4, IPv6 or a name) and a port."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def first_free(host: str, ports: range) -> int | None:
    """The first of these ports that can be listened on."""
    for port in ports:
        with suppress(OSError):
            check_can_listen(host, port)
            return port
    return None
