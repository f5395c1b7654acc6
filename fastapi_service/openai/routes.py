"""The routes under `/v1` as OpenAI's clients know them: a file in, its text out; and the list of models."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated, Any

import redis
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from fastapi_service.access.client_address import client_host
from fastapi_service.api.dependencies import Key, server_state
from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.files.jobs import FileJobs
from fastapi_service.openai.errors import RequestError, error_response
from fastapi_service.openai.form import check_length, open_form, read_fields, read_file
from fastapi_service.openai.late_answer import PATIENCE_S, LateAnswer
from fastapi_service.openai.schemas import FORM_SCHEMA, RESPONSES, Model, Models, translation_schema
from fastapi_service.openai.stream import TranscriptStream
from fastapi_service.openai.uploaded_file import UploadedFile
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load, check_origin
from wta.errors import WtaError
from wta.health import presence
from wta.messages import Task
from wta.names import WorkerKind

router = APIRouter(prefix="/v1")
_Name = Annotated[str, Path(description="Name of a model.")]


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/audio/transcriptions",
    tags=["files"],
    summary="The text of a file, as OpenAI's clients ask for it",
    responses=RESPONSES,
    openapi_extra=_form(FORM_SCHEMA),
)
async def transcribe(request: Request, key: Key) -> Response:
    """Return the text of an audio file. `verbose_json` has the sentiment of each sentence, too."""
    return await _answer(request, key, "transcribe")


@router.post(
    "/audio/translations",
    tags=["files"],
    summary="The text of a file in English, as OpenAI's clients ask for it",
    responses=RESPONSES,
    openapi_extra=_form(translation_schema()),
)
async def translate(request: Request, key: Key) -> Response:
    """Return in English what is said in an audio file. It needs a multilingual speech model."""
    return await _answer(request, key, "translate")


@router.get(
    "/models",
    tags=["operation"],
    summary="The speech model, as OpenAI's clients ask for it",
    response_model=Models,
    responses={status: RESPONSES[status] for status in (401, 503)},
)
async def models(request: Request, key: Key) -> Response | Models:
    """Return the model of the speech workers; none while there are none. It needs an API key, if there are any."""
    server = server_state(request)
    try:
        if server.credentials.keys:
            server.credentials.check_key(key)
        name = (await server.threads.run(presence.models, server.redis)).stt
    except (WtaError, redis.RedisError) as error:
        return error_response(error)
    return Models(data=[Model(id=name)] if name else [])


@router.get(
    "/models/{name}",
    tags=["operation"],
    summary="The speech model, if this is its name",
    response_model=Model,
    responses={status: RESPONSES[status] for status in (401, 404, 503)},
)
async def model(request: Request, key: Key, name: _Name) -> Response | Model:
    """Return the model of the speech workers. Requests may name any other: it is taken all the same."""
    found = await models(request, key)
    if isinstance(found, Response):
        return found
    wanted = next((model for model in found.data if model.id == name), None)
    return wanted or error_response(RequestError(404, "This server's model has another name: see /v1/models.", "model"))


async def _answer(request: Request, key: str, task: Task) -> Response:
    server = server_state(request)
    try:
        # A page of any site can send a form, because a form needs no permission by CORS.
        check_origin(request.headers, server)
        owner = server.credentials.check_key(key) if server.credentials.keys else ""
        check_length(request, server.settings.max_upload_bytes)
        async with AsyncExitStack() as held:
            held.enter_context(server.slots.acquire(client_host(request)))
            return await _receive(server, request, task, owner, held)
    except OSError:
        return error_response(RequestError(503, "The server has no room for the file. Try again later."))
    except (WtaError, redis.RedisError) as error:
        return error_response(error)


async def _receive(server: ServerState, request: Request, task: Task, owner: str, held: AsyncExitStack) -> Response:
    jobs: FileJobs = request.app.state.files
    jobs.check_room()  # before the upload, and again behind it, because uploads take as long as their senders like
    await server.threads.run(_check_ready, server)
    form = await held.enter_async_context(open_form(request, server.settings.max_upload_bytes))
    fields, file = read_fields(form, task), read_file(form)
    await server.threads.run(server.session_rate.check, client_host(request), owner)
    upload = await UploadedFile.open(server, fields, owner)
    held.enter_context(jobs.reserve(upload.session_id))
    if fields.stream:
        return TranscriptStream(upload, file, held.pop_all(), server.settings.send_timeout_s)
    work = asyncio.create_task(upload.answer(file, request.is_disconnected))
    try:
        await asyncio.wait({work}, timeout=PATIENCE_S if fields.is_json else None)
    except asyncio.CancelledError:
        await cancel_and_wait([work])
        raise
    return work.result() if work.done() else LateAnswer(work, upload.headers, held.pop_all())


def _check_ready(server: ServerState) -> None:
    check_load(server)
    if not presence.living_workers(server.redis)[WorkerKind.STT]:
        raise RequestError(503, "No speech worker is running. Try again soon.")
