"""Reads what a Wyoming client sends, with a bound: an event says itself how large it is."""

from __future__ import annotations

import asyncio

_MAX_BYTES = 1 << 20
"""The largest event: half a minute of 16 kHz audio."""


class TooLargeError(ValueError):
    """An event is larger than any that speech needs. The library takes a ValueError as the end of the connection."""


class BoundedReader(asyncio.StreamReader):
    """Reads from another reader, and refuses to read events of more than 1 MiB."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self._inner = reader

    async def readline(self) -> bytes:
        return await self._inner.readline()

    async def readexactly(self, n: int) -> bytes:
        if n > _MAX_BYTES:
            raise TooLargeError(f"an event of {n} bytes")
        return await self._inner.readexactly(n)

    def feed_eof(self) -> None:
        self._inner.feed_eof()
