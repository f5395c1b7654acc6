"""How many connections there are: in all, and from each address."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from wta.errors import RefusedError
from wta.names import CloseCode
from wta.settings import Settings

_IPV6_NETWORK = 64
"""Bits: what one household or machine has; within it anybody makes addresses at will."""


class ConnectionSlots:
    """Connections of this process. Those an address has in other processes count too, up to a second late."""

    def __init__(self, settings: Settings) -> None:
        self._max = settings.max_sessions
        self._max_per_ip = settings.max_sessions_per_ip
        self._by_address: Counter[str] = Counter()
        self.elsewhere: Counter[str] = Counter()
        """Address → connections in other processes. It is up to a second old, so some more may slip in."""

    @property
    def in_use(self) -> int:
        return self._by_address.total()

    @property
    def by_address(self) -> dict[str, int]:
        return dict(self._by_address)

    @contextmanager
    def acquire(self, host: str | None) -> Iterator[None]:
        """Hold a slot for a connection from `host` while the body runs. Raises RefusedError where there is none."""
        if self.in_use >= self._max:
            raise full("Too many people are speaking here right now. Try again in a minute.")
        address = network_of(host)
        if 0 < self._max_per_ip <= self._by_address[address] + self.elsewhere[address]:
            raise full("Too many connections come from your address. Try again in a minute.")
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def network_of(host: str | None) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 network. What is neither is one address, too."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address)


def full(message: str) -> RefusedError:
    """Make the error for a server that can take in nothing more just now."""
    return RefusedError("full", message, CloseCode.FULL, retryable=True)
