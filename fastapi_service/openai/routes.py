"""`POST /v1/audio/transcriptions`, as OpenAI's clients know it: a file in, its text out, by way of the same workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal, cast

import redis
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from fastapi_service.api.dependencies import Key, Responses, server_state
from fastapi_service.api.exception_handlers import UNAVAILABLE_MESSAGE
from fastapi_service.audio.file_decoder import decode_file
from fastapi_service.files.transcription import Transcription
from fastapi_service.openai import subtitles
from fastapi_service.openai.transcript import Transcript
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load, check_options, check_origin
from wta.audio_format import SAMPLE_RATE_HZ
from wta.errors import AudioError, RefusedError, WtaError
from wta.health import presence
from wta.messages import Options
from wta.names import WorkerKind

log = logging.getLogger(__name__)
router = APIRouter(prefix="/v1")

_UPLOAD_S = 300.0
"""How long a file may be on its way."""
_FORM_BYTES = 65_536
"""For what is in the form beside the file."""
_UNAUTHORIZED, _SERVER_ERROR = 401, 500


class Wish(BaseModel):
    """The form beside the file. OpenAI's other fields (prompt, temperature, …) are taken and change nothing."""

    model: str = Field(max_length=200, description="Any name; the model is the server's.")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="ISO 639; else the model decides.")
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json"] = "json"
    words: bool = False
    """Whether the time of each word is wanted, with `verbose_json`."""


class _RequestError(WtaError):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


_FORM = {
    "type": "object",
    "required": ["file", "model"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "wav, mp3, flac, ogg, m4a, mp4, webm, aac, aiff"},
        "model": {"type": "string", "maxLength": 200, "description": "Any name; the model is the server's."},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}$", "description": "ISO 639; else the model decides."},
        "response_format": {"type": "string", "enum": ["json", "text", "srt", "vtt", "verbose_json"]},
        "timestamp_granularities[]": {"type": "array", "items": {"type": "string", "enum": ["segment", "word"]}},
    },
}


class _Trouble(BaseModel):
    message: str
    type: str
    param: None = None
    code: str | None = None


class OpenAiError(BaseModel):
    """As OpenAI's clients read it."""

    error: _Trouble


def _refusal(description: str, message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    body = {"error": {"message": message, "type": kind, "param": None, "code": None}}
    return {"description": description, "model": OpenAiError, "content": {"application/json": {"example": body}}}


_ANSWERS: Responses = {
    200: {
        "description": "The text, as `response_format` wants it.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"text": "I am very happy."}},
            "text/plain": {"schema": {"type": "string"}, "example": "I am very happy.\n"},
        },
    },
    400: _refusal("The form or the file is not what it should be.", "The form has no file."),
    401: _refusal("No key, a wrong one, or a page of somebody else.", "This API key is not known here."),
    408: _refusal("The file took too long to arrive.", "The file took too long to arrive."),
    411: _refusal("How large it is has to be said.", "How large the request is has to be said (Content-Length)."),
    413: _refusal("The file is too large.", "A file may have at most 26214400 bytes."),
    503: _refusal("Too busy, or a part is away.", "No speech worker is running. Try again soon.", "server_error"),
}


@router.post(
    "/audio/transcriptions",
    tags=["files"],
    summary="The text of a file, as OpenAI's clients ask for it",
    responses=_ANSWERS,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def transcribe(request: Request, key: Key) -> Response:
    """The text of an audio file. `verbose_json` has the sentiment of each sentence, too."""
    server = server_state(request)
    try:
        return await _transcribe(server, request, key.credentials if key else "")
    except (WtaError, redis.RedisError) as error:
        return _answer_to(error)


def _answer_to(error: WtaError | redis.RedisError) -> Response:
    match error:
        case _RequestError():
            return _error(error.status, str(error))
        case RefusedError(code="unauthorized"):
            return _error(_UNAUTHORIZED, str(error), "invalid_api_key")
        case AudioError() | RefusedError(code="unsupported"):
            return _error(400, str(error))
        case redis.RedisError():
            return _error(503, UNAVAILABLE_MESSAGE)
    return _error(503, str(error))  # full, or no answer


async def _transcribe(server: ServerState, request: Request, key: str) -> Response:
    check_origin(request.headers, server.settings)  # a form needs no leave of CORS to be sent from anywhere
    if server.credentials.keys:
        server.credentials.check_key(key)
    _check_length(request, server.settings.max_upload_bytes)
    with server.slots.acquire(request.client.host if request.client else None):
        await server.threads.run(_check_ready, server)
        async with _form(request) as form:
            wish, file = _wish(form), form.get("file")
            if not isinstance(file, UploadFile):
                raise _RequestError(400, "The form has no file.")
            return await _hear(server, request, wish, _on_disk(file))


def _check_length(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise _RequestError(411, "How large the request is has to be said (Content-Length).")
    if int(length) > most + _FORM_BYTES:
        raise _RequestError(413, f"A file may have at most {most} bytes.")


def _check_ready(server: ServerState) -> None:
    check_load(server)
    if not presence.living_workers(server.redis)[WorkerKind.STT]:
        raise _RequestError(503, "No speech worker is running. Try again soon.")


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _RequestError(400, "The request is no form (multipart/form-data).")
    try:
        async with asyncio.timeout(_UPLOAD_S):
            form = await request.form(max_files=1, max_fields=30)
    except TimeoutError as error:
        raise _RequestError(408, "The file took too long to arrive.") from error
    except HTTPException as error:
        raise _RequestError(400, f"The form cannot be read: {error.detail}") from error
    try:
        yield form
    finally:
        await form.close()


def _on_disk(upload: UploadFile) -> IO[bytes]:
    """As a file of the operating system's, which the decoder can be given."""
    file = cast("SpooledTemporaryFile[bytes]", upload.file)
    file.rollover()
    file.seek(0)
    return cast("IO[bytes]", file)


def _wish(form: FormData) -> Wish:
    words = "word" in form.getlist("timestamp_granularities[]")
    fields = {name: form[name] for name in ("model", "language", "response_format") if form.get(name)}
    try:
        wish = Wish.model_validate(fields | {"words": words})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _RequestError(400, f"{first['loc'][0]}: {first['msg']}") from error
    if str(form.get("stream", "")).lower() in {"true", "1"}:
        raise _RequestError(400, "This server does not stream answers; its WebSocket does.")
    return wish


async def _hear(server: ServerState, request: Request, wish: Wish, file: IO[bytes]) -> Response:
    options = Options(language=wish.language, words=wish.words or None)
    await server.threads.run(check_options, server, options)
    session = await server.threads.run(server.ledger.open_session, SAMPLE_RATE_HZ, options)
    verbose = wish.response_format == "verbose_json"
    transcript = Transcript()
    transcription = Transcription(server, session, transcript.add, with_sentiment=verbose)
    log.info("a file session=%s", session.session_id)
    async with aclosing(decode_file(file, server.settings.max_session_s)) as audio:
        await transcription.run(audio, request.is_disconnected)
    finals = transcript.finals
    match wish.response_format:
        case "json":
            return JSONResponse({"text": subtitles.plain(finals)})
        case "verbose_json":
            return JSONResponse(
                subtitles.verbose(finals, transcript.sentiments, transcription.audio_s, wish.language, words=wish.words)
            )
        case "srt":
            return PlainTextResponse(subtitles.srt(finals))
        case "vtt":
            return PlainTextResponse(subtitles.vtt(finals))
    return PlainTextResponse(subtitles.plain(finals) + "\n")


def _error(status: int, message: str, code: str | None = None) -> JSONResponse:
    """As OpenAI's clients read it."""
    kind = "invalid_request_error" if status < _SERVER_ERROR else "server_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status, {"WWW-Authenticate": "Bearer"} if status == _UNAUTHORIZED else None)
