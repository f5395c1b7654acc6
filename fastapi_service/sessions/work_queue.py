"""What the reader hands to the worker of a connection. FlowControl control bounds it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from wta.messages import Finalize, Stop

Item = bytes | Finalize | Stop
_GATHER_S = 0.2


class WorkQueue:
    """Audio and orders, as they came. Audio that has piled up is joined into batches.

    Where many speak, audio is waited for until it is worth a hop to a thread, but no longer than 0.2 s: a step costs
    the same for a long piece of audio as for a short one.
    """

    def __init__(self, max_bytes: int, min_bytes: Callable[[], int] = lambda: 0) -> None:
        """Args:
        max_bytes: no more is joined to what has as much.
        min_bytes: what is worth a step just now.
        """
        self._max_bytes = max_bytes
        self._min_bytes = min_bytes
        self._items: deque[tuple[Item, float]] = deque()
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._urgent = False

    def put(self, item: Item) -> None:
        self._items.append((item, time.time()))
        self._filled.set()
        self._idle.clear()

    async def get(self) -> tuple[Item, float]:
        """The next item and the Unix time at which (the last of) it came. Asking says that the one before is done."""
        while not self._items:
            self._idle.set()
            self._urgent = False
            await self._more()
        if not self._is_enough():
            # A timer costs a third of what asyncio.timeout costs.
            timer = asyncio.get_running_loop().call_later(_GATHER_S, self._make_urgent)
            while not self._is_enough():
                await self._more()
            timer.cancel()
        return self._joined()

    async def drained(self) -> None:
        """Wait until everything that was put is done."""
        self._make_urgent()
        await self._idle.wait()

    def rest(self) -> bytes:
        """The audio that nobody has asked for yet."""
        return b"".join(item for item, _ in self._items if isinstance(item, bytes))

    def _make_urgent(self) -> None:
        self._urgent = True
        self._filled.set()

    async def _more(self) -> None:
        self._filled.clear()
        await self._filled.wait()

    def _is_enough(self) -> bool:
        audio = [len(item) for item, _ in self._items if isinstance(item, bytes)]
        return self._urgent or len(audio) < len(self._items) or sum(audio) >= self._min_bytes()

    def _joined(self) -> tuple[Item, float]:
        item, arrived = self._items.popleft()
        if not isinstance(item, bytes):
            return item, arrived
        parts, size = [item], len(item)
        while self._items and size < self._max_bytes and isinstance(part := self._items[0][0], bytes):
            _, arrived = self._items.popleft()
            parts.append(part)
            size += len(part)
        return b"".join(parts), arrived
