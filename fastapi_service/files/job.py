"""The work on one file of the page: it goes on without anybody who waits for the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, suppress
from typing import IO

import redis

from fastapi_service.audio.file_decoder import TooLongError, decode_file
from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.files.states import FileProblem, FileStage, FileStates
from fastapi_service.files.transcription import NoAnswerError, Transcription
from fastapi_service.server_state import ServerState
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.errors import AudioError, SessionDeletedError, SessionFencedError, UnknownSessionError

log = logging.getLogger(__name__)

_REPORT_S = 1.0
_MAX_ATTEMPTS = 10
_LONGEST_WAIT_S = 30.0
"""Ten tries with doubling waits: about two and a half minutes without Redis."""


class FileJob:
    """Two tasks: one works, the other writes signs of life and looks whether the file was cancelled meanwhile."""

    def __init__(
        self, server: ServerState, states: FileStates, resume_token: str, file: IO[bytes], held: ExitStack
    ) -> None:
        self._server = server
        self._states = states
        self._token = resume_token
        self._session_id = resume_token.partition(".")[0]
        self._file = file
        self._held = held
        self._heard_before_s = 0.0
        self._transcription: Transcription | None = None
        self._duration_s: float | None = None

    async def run(self) -> None:
        log.info("a file session=%s", self._session_id)
        work, beat = asyncio.create_task(self._work()), asyncio.create_task(self._report_progress())
        try:
            with self._held:
                await asyncio.wait([work, beat], return_when=asyncio.FIRST_COMPLETED)
                await cancel_and_wait([work, beat])
        except asyncio.CancelledError:
            await cancel_and_wait([work, beat])
            await self._write(state=FileStage.INTERRUPTED)
            raise
        await self._write_end(work)

    async def _write_end(self, work: asyncio.Task[None]) -> None:
        error = None if work.cancelled() else work.exception()
        log.info("a file ended session=%s cancelled=%s error=%r", self._session_id, work.cancelled(), error)
        match error:
            case None:
                # The beat ends first only where the reader has cancelled.
                await self._write(
                    state=FileStage.CANCELLED if work.cancelled() else FileStage.DONE, heard_s=self._heard_s
                )
            case SessionDeletedError() | UnknownSessionError():
                await self._server.threads.run(self._states.forget, self._session_id)
            case SessionFencedError():
                log.info("a file goes on elsewhere session=%s", self._session_id)
            case TooLongError():
                await self._write_problem(FileProblem.TOO_LONG, error)
            case AudioError():
                await self._write_problem(FileProblem.NOT_AUDIO, error)
            case NoAnswerError():
                await self._write_problem(FileProblem.NO_ANSWER, error)
            case _:
                log.error("a file failed", exc_info=error)
                await self._write_problem(FileProblem.ERROR, "Something went wrong here. Try again.")

    async def _work(self) -> None:
        """To the end. Redis may go away and come back meanwhile: then from the last sentence that it has."""
        for attempt in range(_MAX_ATTEMPTS):
            try:
                return await self._attempt()
            except redis.RedisError as error:
                log.warning("Redis is away from a file session=%s: %s", self._session_id, error)
                await asyncio.sleep(min(_LONGEST_WAIT_S, 2**attempt))
        raise NoAnswerError("The server's store is away. Try again soon.")

    async def _attempt(self) -> None:
        threads, settings = self._server.threads, self._server.settings
        session = await threads.run(self._server.ledger.resume_session, self._token)
        await threads.run(self._file.seek, 0)
        self._heard_before_s = session.acked_sample / SAMPLE_RATE_HZ
        self._transcription = Transcription(self._server, session)
        async with aclosing(decode_file(self._file, settings.max_session_s, self._know_length)) as audio:
            await self._transcription.run(_from_sample(audio, session.acked_sample), _never)

    def _know_length(self, seconds: float) -> None:
        self._duration_s = seconds or None

    @property
    def _heard_s(self) -> float:
        return round(self._heard_before_s + (self._transcription.audio_s if self._transcription else 0.0), 3)

    async def _report_progress(self) -> None:
        """Until the reader has cancelled, which any web process may have been told."""
        while True:
            with suppress(redis.RedisError):
                if await self._server.threads.run(self._report) is not FileStage.WORKING:
                    return
            await asyncio.sleep(_REPORT_S)

    def _report(self) -> FileStage:
        found = self._states.read(self._session_id)
        if found is None:  # deleted
            return FileStage.CANCELLED
        if found.state is not FileStage.CANCELLED:
            self._states.write(self._session_id, heard_s=self._heard_s, duration_s=self._duration_s)
        return FileStage.CANCELLED if found.state is FileStage.CANCELLED else FileStage.WORKING

    async def _write_problem(self, problem: FileProblem, message: object) -> None:
        await self._write(state=FileStage.FAILED, problem=problem, message=message, heard_s=self._heard_s)

    async def _write(self, **fields: object) -> None:
        def write() -> None:
            if self._server.ledger.session_exists(self._session_id):
                self._states.write(self._session_id, **fields)
            else:
                self._states.forget(self._session_id)

        with suppress(redis.RedisError):  # then there is no sign of life any more, which says enough
            await self._server.threads.run(write)


async def _never() -> bool:
    return False


async def _from_sample(audio: AsyncIterator[bytes], sample: int) -> AsyncIterator[bytes]:
    """PCM16 without its first samples."""
    left = sample * BYTES_PER_SAMPLE
    async for pcm16 in audio:
        if rest := pcm16[left:]:
            yield rest
        left = max(0, left - len(pcm16))
