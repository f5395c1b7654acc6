"""Threads for blocking work, so that the event loop never waits, and the end of background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_SPARE = 16
"""For what is not a session's audio: the API, the reconciler, admissions."""
_AGAIN_S = 0.1
"""Between two cancellations of a task that has not ended."""


class Threads:
    """Room for one blocking call of every session at a time.

    An executor of its own: a hop through anyio's threads costs three times as much, and every frame is one.
    """

    def __init__(self, max_sessions: int) -> None:
        self._executor = ThreadPoolExecutor(max_sessions + _SPARE, thread_name_prefix="blocking")

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in a thread.

        A cancelled caller goes on only when the thread has ended, so that two threads never work on one state.
        """
        work = asyncio.get_running_loop().run_in_executor(self._executor, function, *args)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            work.exception()  # Looked at, so that nobody complains: the caller is past caring.
            raise


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel and wait until every task has ended.

    Once may not be enough: before Python 3.12 asyncio.wait_for, which redis-py awaits its sockets with, swallows a
    cancellation that comes together with the answer.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_S)
