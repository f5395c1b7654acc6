"""Connection slots limit how many connections there are, in total and from each address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi_service.access.client_address import network_of
from wta.errors import RefusedError
from wta.names import CloseCode
from wta.settings import Settings

_RETRY_AFTER_S = 15
"""When a client may ask again, at the earliest."""


class ConnectionSlots:
    """Connections of this process. Those an address has in other processes count too, up to a second late.

    The limits are `max_sessions` and `max_sessions_per_ip` of the settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._max = settings.max_sessions
        self._max_per_ip = settings.max_sessions_per_ip
        self._by_address: Counter[str] = Counter()
        self._closed = False
        self.in_use = 0
        """How many connections this process has."""
        self.elsewhere: Counter[str] = Counter()
        """Connections in other processes, by address. It is up to a second old, so a few too many may get in."""

    @property
    def by_address(self) -> dict[str, int]:
        """Connections of this process, by address as `network_of` returns it."""
        return dict(self._by_address)

    def close(self) -> None:
        """Give no slot any more. Those that are held stay so."""
        self._closed = True

    @contextmanager
    def acquire(self, host: str | None) -> Iterator[None]:
        """Hold a slot for a connection from `host` while the body runs. Raises RefusedError if none is free."""
        if self._closed:
            raise _going()
        if self.in_use >= self._max:
            raise full("Too many people are speaking here right now. Try again in a minute.")
        address = network_of(host)
        if 0 < self._max_per_ip <= self._by_address[address] + self.elsewhere[address]:
            raise full("Too many connections come from your address. Try again in a minute.")
        self._by_address[address] += 1
        self.in_use += 1
        try:
            yield
        finally:
            self.in_use -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def full(message: str) -> RefusedError:
    """Return the error for a server that has no room for more at the moment."""
    error = RefusedError("full", message, CloseCode.FULL, retryable=True)
    error.retry_after_s = _RETRY_AFTER_S
    return error


def _going() -> RefusedError:
    message = "This server is about to end, and another one takes over. Try again."
    error = RefusedError("unavailable", message, CloseCode.FULL, retryable=True)
    error.retry_after_s = 1
    return error
