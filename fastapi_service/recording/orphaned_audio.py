"""Audio that was still open when its connection broke."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import redis

from fastapi_service.concurrency import Threads
from fastapi_service.recording.recorder import Recorder
from wta.errors import LedgerWentBackError, SessionFencedError

log = logging.getLogger(__name__)


class OrphanedAudio:
    """Keeps the unfinished utterances of broken connections, and writes them to the ledger after a grace time.

    A client that comes back sends the unacknowledged audio again, so its utterance is cut where its speaker pauses. If
    the client does not come back in time, the tail of its audio is written as it is. If the session has gone on by
    then, the ledger refuses the tail (fencing).
    """

    def __init__(self, threads: Threads, grace_s: float) -> None:
        self._threads = threads
        self._grace_s = grace_s
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def adopt(self, recorder: Recorder, rest: bytes) -> None:
        """Write a session's tail after the grace time.

        Args:
            recorder: the session's recorder, whose open utterance will be written.
            rest: audio that was received but not yet pushed into the recorder: PCM16 at the client's rate.
        """
        if recorder.open_utterance is None and not rest:
            return
        task = asyncio.create_task(self._write_later(recorder, rest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write(self, recorder: Recorder, rest: bytes) -> None:
        """Write a session's tail at once. If that fails, nothing acknowledged is lost.

        The arguments are those of `adopt`.
        """
        try:
            await self._threads.run(recorder.write_tail, rest)
        except SessionFencedError:
            log.debug("a tail was not written, because its session goes on over another connection")
        except (redis.RedisError, LedgerWentBackError) as error:
            log.warning("a tail could not be written, but its client still has it: %s", error)

    async def write_all(self) -> None:
        """Write all tails now, because the process ends."""
        self._stopping.set()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a tail could not be written", exc_info=outcome)

    async def _write_later(self, recorder: Recorder, rest: bytes) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s):
                await self._stopping.wait()
        await self.write(recorder, rest)
