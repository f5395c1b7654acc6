"""What was being said when a connection broke."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import redis

from fastapi_service.concurrency import Threads
from fastapi_service.recording.recorder import Recorder
from wta.errors import SessionFencedError

log = logging.getLogger(__name__)


class OrphanedAudio:
    """Unfinished utterances of broken connections.

    A client that comes back sends the unacknowledged audio again, and the utterance is cut where its speaker paused.
    For one that does not come back the tail is written after a grace time; the ledger refuses it (fencing) where the
    session has gone on by then.
    """

    def __init__(self, threads: Threads, grace_s: float) -> None:
        self._threads = threads
        self._grace_s = grace_s
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def adopt(self, recorder: Recorder, rest: bytes) -> None:
        """Write what is open in `recorder`, and audio it has not taken yet, later."""
        if recorder.open_utterance is None and not rest:
            return
        task = asyncio.create_task(self._write_later(recorder, rest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write(self, recorder: Recorder, rest: bytes) -> None:
        """The same now. Failing loses nothing that was acknowledged."""
        try:
            await self._threads.run(recorder.write_tail, rest)
        except SessionFencedError:
            log.debug("the session has gone on elsewhere, its tail is there")
        except redis.RedisError as error:
            log.warning("a tail could not be written, its client still has it: %s", error)

    async def write_all(self) -> None:
        """The process ends: write everything now."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _write_later(self, recorder: Recorder, rest: bytes) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s):
                await self._stopping.wait()
        await self.write(recorder, rest)
