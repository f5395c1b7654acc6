"""Ending background tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

_AGAIN_S = 0.1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel and wait until every task has ended.

    Once may not be enough: before Python 3.12 asyncio.wait_for, which redis-py awaits its sockets with, swallows a
    cancellation that comes together with the answer.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_S)
