"""The route `POST /v1/audio/transcriptions`, as OpenAI's clients know it: a file in, its text out."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import IO

import redis
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from fastapi_service.access.client_address import client_host
from fastapi_service.api.dependencies import Key, server_state
from fastapi_service.audio.file_decoder import decode_file
from fastapi_service.files.transcription import Transcription
from fastapi_service.openai import subtitles
from fastapi_service.openai.errors import RequestError, error_response
from fastapi_service.openai.form import check_length, open_form, read_fields, read_file
from fastapi_service.openai.schemas import FORM_SCHEMA, RESPONSES, TranscriptionForm
from fastapi_service.openai.transcript import Transcript
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load, check_options, check_origin
from wta.audio_format import SAMPLE_RATE_HZ
from wta.errors import WtaError
from wta.health import presence
from wta.messages import Options
from wta.names import WorkerKind

log = logging.getLogger(__name__)
router = APIRouter(prefix="/v1")


@router.post(
    "/audio/transcriptions",
    tags=["files"],
    summary="The text of a file, as OpenAI's clients ask for it",
    responses=RESPONSES,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM_SCHEMA}}}},
)
async def transcribe(request: Request, key: Key) -> Response:
    """Return the text of an audio file. `verbose_json` has the sentiment of each sentence, too."""
    server = server_state(request)
    try:
        return await _transcribe(server, request, key)
    except (WtaError, redis.RedisError) as error:
        return error_response(error)


async def _transcribe(server: ServerState, request: Request, key: str) -> Response:
    # A page of any site can send a form, because a form needs no permission by CORS.
    check_origin(request.headers, server.settings)
    if server.credentials.keys:
        server.credentials.check_key(key)
    check_length(request, server.settings.max_upload_bytes)
    with server.slots.acquire(client_host(request)):
        await server.threads.run(_check_ready, server)
        async with open_form(request) as form:
            fields, file = read_fields(form), read_file(form)
            return await _transcribe_file(server, request, fields, file)


def _check_ready(server: ServerState) -> None:
    check_load(server)
    if not presence.living_workers(server.redis)[WorkerKind.STT]:
        raise RequestError(503, "No speech worker is running. Try again soon.")


async def _transcribe_file(
    server: ServerState, request: Request, fields: TranscriptionForm, file: IO[bytes]
) -> Response:
    options = Options(language=fields.language, words=fields.words or None)
    await server.threads.run(check_options, server, options)
    session = await server.threads.run(server.ledger.open_session, SAMPLE_RATE_HZ, options)
    transcript = Transcript()
    with_sentiment = fields.response_format == "verbose_json"
    transcription = Transcription(server, session, transcript.add, with_sentiment)
    log.info("a file is transcribed session=%s", session.session_id)
    async with aclosing(decode_file(file, server.settings.max_session_s)) as audio:
        await transcription.run(audio, request.is_disconnected)
    return _response(transcript, transcription.audio_s, fields)


def _response(transcript: Transcript, duration_s: float, fields: TranscriptionForm) -> Response:
    finals = transcript.finals
    match fields.response_format:
        case "json":
            return JSONResponse({"text": subtitles.plain(finals)})
        case "verbose_json":
            return JSONResponse(
                subtitles.verbose(finals, transcript.sentiments, duration_s, fields.language, fields.words)
            )
        case "srt":
            return PlainTextResponse(subtitles.srt(finals))
        case "vtt":
            return PlainTextResponse(subtitles.vtt(finals))
    return PlainTextResponse(subtitles.plain(finals) + "\n")
