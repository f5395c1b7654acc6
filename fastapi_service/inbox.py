"""What the reader hands to the worker of a connection. Flow control bounds it."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from wta.messages import Finalize, Stop

Item = bytes | Finalize | Stop


class Inbox:
    """Audio and orders, as they came. Audio that has piled up is joined into batches."""

    def __init__(self, batch_bytes: int) -> None:
        self._batch_bytes = batch_bytes
        self._items: deque[tuple[Item, float]] = deque()
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()

    def put(self, item: Item) -> None:
        self._items.append((item, time.time()))
        self._filled.set()
        self._idle.clear()

    async def get(self) -> tuple[Item, float]:
        """The next item and the Unix time at which (the last of) it came. Asking says that the one before is done."""
        while not self._items:
            self._idle.set()
            self._filled.clear()
            await self._filled.wait()
        return self._joined()

    async def drained(self) -> None:
        """Wait until everything that was put is done."""
        await self._idle.wait()

    def rest(self) -> bytes:
        """The audio that nobody has asked for yet."""
        return b"".join(item for item, _ in self._items if isinstance(item, bytes))

    def _joined(self) -> tuple[Item, float]:
        item, arrived = self._items.popleft()
        if not isinstance(item, bytes):
            return item, arrived
        parts, size = [item], len(item)
        while self._items and size < self._batch_bytes and isinstance(part := self._items[0][0], bytes):
            _, arrived = self._items.popleft()
            parts.append(part)
            size += len(part)
        return b"".join(parts), arrived
