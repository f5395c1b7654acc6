"""The names of this server: addresses, names of private networks, and those of WTA_ALLOWED_HOSTS."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

ANY = "*"
_PRIVATE = (".local", ".localhost", ".localdomain", ".lan", ".internal", ".home.arpa")
"""Endings of which no public name server knows a name: routers and the machines themselves give them."""


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:  # such as `[`
        return ""


def allowed_hosts(setting: str) -> frozenset[str]:
    """The machine's own name and those of a setting, which are separated by commas."""
    return frozenset(name.strip().lower() for name in (socket.getfqdn(), *setting.split(",")) if name.strip())


def is_allowed(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this server.

    It may be an address, a name without a dot, a name of private networks (`.local`, `.lan`), or one of `names`
    (`*.example.org` stands for every name below it, `*` for every name).
    """
    name = host_name(host)
    if "." not in name or name.endswith(_PRIVATE):
        return True
    if ANY in names or name in names or f"*.{name.partition('.')[2]}" in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
