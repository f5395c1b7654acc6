"""Where blocking work goes, so that the event loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from anyio import to_thread

T = TypeVar("T")

_SPARE = 16
"""For what is not a session's audio: the API, the reconciler, admissions."""


class Threads:
    """Room for one blocking call of every session at a time. Make it inside a running event loop."""

    def __init__(self, max_sessions: int) -> None:
        self._limiter = anyio.CapacityLimiter(max_sessions + _SPARE)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in a thread.

        A cancelled caller goes on only when the thread has ended, so that two threads never work on one state.
        """
        work = asyncio.create_task(to_thread.run_sync(function, *args, limiter=self._limiter))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            work.exception()  # Looked at, so that nobody complains: the caller is past caring.
            raise
