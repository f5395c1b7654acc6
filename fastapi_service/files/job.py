"""The work on one file, in the background: no client needs to wait for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, suppress
from typing import IO

import redis

from fastapi_service.api.exception_handlers import UNAVAILABLE_MESSAGE
from fastapi_service.audio.file_decoder import FileFacts, TooLongError, decode_file
from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.files.states import FileProblem, FileStage, FileStateStore
from fastapi_service.files.transcription import NoAnswerError, Transcription
from fastapi_service.server_state import ServerState
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.errors import AudioError, LedgerWentBackError, SessionDeletedError, SessionFencedError, UnknownSessionError

log = logging.getLogger(__name__)

_REPORT_S = 1.0
"""How often progress is reported to Redis."""
_MAX_ATTEMPTS = 10
"""How often the work begins anew while Redis fails. The waits between attempts double."""
_LONGEST_WAIT_S = 30.0
"""The longest wait between two attempts. The ten attempts span about two and a half minutes."""


class FileJob:
    """Works on one file. A second task reports progress meanwhile, and notices when the file is cancelled."""

    def __init__(
        self,
        server: ServerState,
        states: FileStateStore,
        session_id: str,
        resume_token: str,
        file: IO[bytes],
        held: ExitStack,
    ) -> None:
        """Prepare the work on a file.

        Args:
            session_id: the session that was opened for the file.
            resume_token: the session's resume token.
            file: the whole file, on the disk.
            held: what the file occupies meanwhile; it is released at the end.
        """
        self._server = server
        self._states = states
        self._session_id = session_id
        self._resume_token = resume_token
        self._file = file
        self._held = held
        self._heard_before_s = 0.0
        self._transcription: Transcription | None = None
        self._facts = FileFacts()

    async def run(self) -> None:
        """Work until the file is done, cancelled or failed, and write the outcome. Cancelling this interrupts it."""
        log.info("the work on a file begins session=%s", self._session_id)
        work, report = asyncio.create_task(self._work()), asyncio.create_task(self._report_progress())
        try:
            with self._held:
                await asyncio.wait([work, report], return_when=asyncio.FIRST_COMPLETED)
                await cancel_and_wait([work, report])
        except asyncio.CancelledError:
            await cancel_and_wait([work, report])
            await self._write(state=FileStage.INTERRUPTED)
            raise
        await self._write_outcome(work)

    async def _write_outcome(self, work: asyncio.Task[None]) -> None:
        error = None if work.cancelled() else work.exception()
        log.info(
            "the work on a file has ended session=%s cancelled=%s error=%r", self._session_id, work.cancelled(), error
        )
        match error:
            case None:
                # The work is cancelled only if the report has ended first, which means that the file was cancelled.
                state = FileStage.CANCELLED if work.cancelled() else FileStage.DONE
                await self._write(state=state, heard_s=self._heard_s, unread_s=round(self._facts.unread_s, 1))
            case SessionDeletedError() | UnknownSessionError():
                await self._server.threads.run(self._states.forget, self._session_id)
            case SessionFencedError():
                log.info("another connection has taken a file's session over session=%s", self._session_id)
            case TooLongError():
                await self._write_problem(FileProblem.TOO_LONG, error)
            case AudioError():
                await self._write_problem(FileProblem.NOT_AUDIO, error)
            case NoAnswerError():
                await self._write_problem(FileProblem.NO_ANSWER, error)
            case _:
                log.error("the work on a file failed", exc_info=error)
                await self._write_problem(FileProblem.ERROR, "Something went wrong here. Try again.")

    async def _work(self) -> None:
        """Work to the file's end. If Redis fails, begin anew behind the last sentence that is in the ledger."""
        for attempt in range(_MAX_ATTEMPTS):
            try:
                return await self._attempt()
            except (redis.RedisError, LedgerWentBackError) as error:
                log.warning("Redis does not answer, so a file has to wait session=%s: %s", self._session_id, error)
                await asyncio.sleep(min(_LONGEST_WAIT_S, 2**attempt))
        raise NoAnswerError(UNAVAILABLE_MESSAGE)

    async def _attempt(self) -> None:
        threads, settings = self._server.threads, self._server.settings
        session = await threads.run(self._server.ledger.resume_session, self._resume_token)
        await threads.run(self._file.seek, 0)
        self._heard_before_s = session.acked_sample / SAMPLE_RATE_HZ
        self._transcription = Transcription(self._server, session)
        async with aclosing(decode_file(self._file, settings.max_session_s, self._facts)) as audio:
            await self._transcription.run(_from_sample(audio, session.acked_sample), _never_gone)

    @property
    def _heard_s(self) -> float:
        return round(self._heard_before_s + (self._transcription.audio_s if self._transcription else 0.0), 3)

    async def _report_progress(self) -> None:
        """Report until the file is cancelled. Any web process may have received the order to cancel it."""
        while True:
            with suppress(redis.RedisError):
                if not await self._server.threads.run(self._report):
                    return
            await asyncio.sleep(_REPORT_S)

    def _report(self) -> bool:
        """Write the progress to Redis. Blocking. Returns whether to go on: the file was not cancelled or deleted."""
        found = self._states.read(self._session_id)
        if found is None or found.state is FileStage.CANCELLED:
            return False
        self._states.write(self._session_id, heard_s=self._heard_s, duration_s=self._facts.length_s)
        return True

    async def _write_problem(self, problem: FileProblem, message: object) -> None:
        await self._write(state=FileStage.FAILED, problem=problem, message=message, heard_s=self._heard_s)

    async def _write(self, **fields: object) -> None:
        def write() -> None:
            if self._server.ledger.session_exists(self._session_id):
                self._states.write(self._session_id, **fields)
            else:
                self._states.forget(self._session_id)

        # If Redis fails, no more signs of life come, so the file will count as interrupted.
        with suppress(redis.RedisError):
            await self._server.threads.run(write)


async def _never_gone() -> bool:
    return False


async def _from_sample(audio: AsyncIterator[bytes], sample: int) -> AsyncIterator[bytes]:
    """Yield PCM16 from sample number `sample` on."""
    left = sample * BYTES_PER_SAMPLE
    async for pcm16 in audio:
        if rest := pcm16[left:]:
            yield rest
        left = max(0, left - len(pcm16))
