"""Threads for blocking work, so that the event loop never waits, and a safe way to end background tasks."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

_SPARE = 16
"""How many threads there are for everything but the sessions' audio: HTTP routes, housekeeping, admissions."""
_AGAIN_S = 0.1
"""Time between two cancellations of a task that has not ended."""


class Threads:
    """Runs blocking calls in threads. There are enough threads for one call of every session at a time.

    They belong to an executor of their own, because every frame of audio needs a call, and a call through anyio's
    threads costs three times as much.
    """

    def __init__(self, max_sessions: int) -> None:
        self._executor = ThreadPoolExecutor(max_sessions + _SPARE, thread_name_prefix="blocking")

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in a thread, and return its result or raise its error.

        If the caller is cancelled, this still waits for the thread, so that two threads never work on the same state.
        """
        work = asyncio.get_running_loop().run_in_executor(self._executor, function, *args)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            work.exception()  # Reading it keeps asyncio from reporting an error that no caller will see.
            raise


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until every one of them has ended.

    One cancellation may not be enough: redis-py awaits its sockets with asyncio.wait_for, which before Python 3.12
    swallows a cancellation that arrives together with the answer.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_S)


def vital_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Start a task without which the process is of no use. Should it end by itself, it ends the process in words.

    Then a supervisor starts the process anew, and clients resume: better than a server that only seems to work.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_end_process)
    return task


def _end_process(task: asyncio.Task[None]) -> None:
    if task.cancelled():
        return
    log.critical("stopping: %s has ended", task.get_name(), exc_info=task.exception())
    signal.raise_signal(signal.SIGTERM)
