"""The queue between the reader and the worker of a connection. Flow control bounds its length."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wta.messages import Finalize, Stop


@dataclass(frozen=True)
class Discard:
    """The order to forget the utterance that is being spoken. Only some dialects have a message for it."""


Item = bytes | Finalize | Discard | Stop
"""What waits in the queue: PCM16 at the client's rate, or an order."""
_GATHER_S = 0.2
"""How long audio waits at most for more audio to join it."""


class WorkQueue:
    """Holds audio and orders in the order in which they came, and joins audio that has piled up into batches.

    A step of the worker costs about the same for a short piece of audio as for a long one. So, while many people
    speak, audio waits until there is enough of it for a step, but for 0.2 s at most.
    """

    def __init__(self, max_bytes: int, min_bytes: Callable[[], int] = lambda: 0) -> None:
        """Make an empty queue.

        Args:
            max_bytes: a batch of this size is not joined to more audio, and larger pieces are split.
            min_bytes: returns how much audio is enough for a step at the moment.
        """
        self._max_bytes = max_bytes
        self._min_bytes = min_bytes
        self._items: deque[tuple[Item, float]] = deque()
        self._audio_bytes = 0
        self._orders = 0
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._urgent = False

    def put(self, item: Item) -> None:
        for part in self._split(item):
            self._items.append((part, time.time()))
            self._count(part, 1)
        self._filled.set()
        self._idle.clear()

    async def get(self) -> tuple[Item, float]:
        """Wait for the next item. Returns it with the Unix time at which the last part of it arrived.

        Calling it again marks the previous item as done.
        """
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
        """Wait until every item that was put is done."""
        self._make_urgent()
        await self._idle.wait()

    def rest(self) -> bytes:
        """Return the audio that is still in the queue: PCM16 at the client's rate."""
        return b"".join(item for item, _ in self._items if isinstance(item, bytes))

    def _split(self, item: Item) -> list[Item]:
        if not isinstance(item, bytes) or len(item) <= self._max_bytes:
            return [item]
        return [item[at : at + self._max_bytes] for at in range(0, len(item), self._max_bytes)]

    def _make_urgent(self) -> None:
        self._urgent = True
        self._filled.set()

    async def _more(self) -> None:
        self._filled.clear()
        await self._filled.wait()

    def _is_enough(self) -> bool:
        return self._urgent or self._orders > 0 or self._audio_bytes >= self._min_bytes()

    def _count(self, item: Item, by: int) -> None:
        if isinstance(item, bytes):
            self._audio_bytes += by * len(item)
        else:
            self._orders += by

    def _pop(self) -> tuple[Item, float]:
        item, arrived = self._items.popleft()
        self._count(item, -1)
        return item, arrived

    def _joined(self) -> tuple[Item, float]:
        item, arrived = self._pop()
        if not isinstance(item, bytes):
            return item, arrived
        parts, size = [item], len(item)
        while self._items and size < self._max_bytes and isinstance(part := self._items[0][0], bytes):
            _, arrived = self._pop()
            parts.append(part)
            size += len(part)
        return b"".join(parts), arrived
