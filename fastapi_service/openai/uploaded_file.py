"""One file of a client of OpenAI's, with the session that was opened for it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import IO, Any

import redis
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from fastapi_service.audio.file_decoder import FileFacts, decode_file
from fastapi_service.files.transcription import Transcription
from fastapi_service.openai import subtitles
from fastapi_service.openai.errors import error_response
from fastapi_service.openai.logprobs import logprobs
from fastapi_service.openai.schemas import TranscriptionForm
from fastapi_service.openai.transcript import Transcript, Understood
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_options
from wta.audio_format import SAMPLE_RATE_HZ
from wta.errors import WtaError
from wta.ledger import Session
from wta.messages import Options
from wta.messages.server import ServerUnion

log = logging.getLogger(__name__)


class UploadedFile:
    """Transcribes one file, and answers in the format that its client wants."""

    def __init__(self, server: ServerState, session: Session, fields: TranscriptionForm) -> None:
        self._server = server
        self._session = session
        self._fields = fields

    @classmethod
    async def open(cls, server: ServerState, fields: TranscriptionForm, owner: str) -> UploadedFile:
        """Open a session for a file. Raises RefusedError if the speech model cannot do what is asked for.

        Args:
            owner: name of the API key that it is opened with; empty where none is needed.
        """
        task = "translate" if fields.task == "translate" else None
        options = Options(
            language=fields.language, task=task, words=fields.words or fields.logprobs or None,
            endpoint_ms=fields.chunking_strategy.endpoint_ms if fields.chunking_strategy else None,
        )  # fmt: skip
        await server.threads.run(check_options, server, options)
        session = await server.threads.run(server.ledger.open_session, SAMPLE_RATE_HZ, options, owner)
        log.info("a session for a file session=%s key=%s", session.session_id, owner)
        return cls(server, session, fields)

    @property
    def session_id(self) -> str:
        """The id of the session, which is the request's id too."""
        return self._session.session_id

    @property
    def headers(self) -> dict[str, str]:
        """What every answer about the file has. The client can delete the session by it."""
        return {"x-request-id": self.session_id, "x-resume-token": self._session.resume_token}

    async def answer(self, file: IO[bytes], gone: Callable[[], Awaitable[bool]]) -> Response:
        """Transcribe the file, and return the answer or what went wrong."""
        log.info("a file is transcribed session=%s", self.session_id)
        try:
            response = self._formatted(await self.transcribe(file, lambda _: None, gone))
        except (WtaError, redis.RedisError) as error:
            response = error_response(error, taken=True)
        except Exception as error:
            log.exception("a file failed session=%s", self.session_id)
            response = error_response(error, taken=True)
        response.headers.update(self.headers)
        return response

    async def transcribe(
        self, file: IO[bytes], on_message: Callable[[ServerUnion], None], gone: Callable[[], Awaitable[bool]]
    ) -> Understood:
        """Transcribe the file. Raises what Transcription raises.

        Args:
            on_message: called with every message of the session, as soon as the transcript has it.
            gone: returns whether the client is gone, so that the work can end early.
        """
        transcript, facts = Transcript(), FileFacts()

        def add(message: ServerUnion) -> None:
            transcript.add(message)
            on_message(message)

        with_sentiment = self._fields.response_format == "verbose_json"
        transcription = Transcription(self._server, self._session, add, with_sentiment)
        async with aclosing(decode_file(file, self._server.settings.max_session_s, facts)) as audio:
            await transcription.run(audio, gone)
        segments = transcript.segments(transcription.spans_s)
        return Understood(segments, transcription.audio_s, round(facts.unread_s, 1))

    def logprobs(self, understood: Understood) -> dict[str, Any]:
        """Return the field `logprobs`, if the client wants it."""
        if not self._fields.logprobs:
            return {}
        finals = (segment.final for segment in understood.segments if segment.final)
        return {"logprobs": [logprob.model_dump(mode="json") for logprob in logprobs(finals)]}

    def _formatted(self, understood: Understood) -> Response:
        segments = understood.segments
        match self._fields.response_format:
            case "json":
                response: Response = JSONResponse({"text": subtitles.plain(segments)} | self.logprobs(understood))
            case "verbose_json":
                response = JSONResponse(
                    subtitles.verbose(segments, self._fields, understood.duration_s, understood.unread_s)
                )
            case "srt":
                response = PlainTextResponse(subtitles.srt(segments))
            case "vtt":
                response = PlainTextResponse(subtitles.vtt(segments))
            case "text":
                response = PlainTextResponse(subtitles.plain(segments) + "\n")
        response.headers["x-unread-seconds"] = str(understood.unread_s)
        response.headers["x-failed-sentences"] = str(sum(segment.error is not None for segment in segments))
        return response
