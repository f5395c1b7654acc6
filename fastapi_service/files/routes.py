"""Routes under `/api/files`: a recording instead of a microphone.

`POST` opens a session, `PUT` brings the bytes, `GET` returns the progress and the results so far, and `DELETE` ends
the work. After a restart of the server, the same file can be put again: work goes on behind the last sentence that is
in the ledger.
"""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Security

from fastapi_service.access.client_address import client_host
from fastapi_service.api.dependencies import (
    UNAVAILABLE,
    UNKNOWN,
    BearerCredential,
    ResumeToken,
    check_resume_token,
    problem,
    server_state,
)
from fastapi_service.files.jobs import FileJobs
from fastapi_service.files.schemas import FileView, NewFile, OpenedFile
from fastapi_service.files.states import RUNNING, FileStage, FileState
from fastapi_service.files.upload import Upload, announced_bytes, check_size
from fastapi_service.results.kept_events import EventReader
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load, check_options, check_origin
from wta.audio_format import SAMPLE_RATE_HZ

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/files", tags=["files"])

_MAX_EVENTS = 500

_Credential = Annotated[str, Security(BearerCredential("key_or_token", "An API key, or a token made with one."))]
_BUSY = problem(
    503,
    "The server is too busy, or a part of it does not answer. The same request may succeed soon.",
    "The server is 320 s behind. Try again later.",
)
_UPLOAD = (
    problem(400, "The file is empty, or shorter than announced; or the request cannot be read.", "The file is empty.")
    | problem(408, "The file took too long to arrive.", "The file took too long to arrive.")
    | problem(409, "The session's file is being worked on, or was cancelled.", "This file is being worked on already.")
    | problem(411, "The file's size is missing.", "The request must state the file's size (Content-Length).")
    | problem(413, "The file is too large.", "A file may have at most 2147483648 bytes.")
)
_NO_KEY = problem(401, "The API key or token is missing or wrong.", "This server needs an API key.")
_FOREIGN = problem(403, "The request comes from another site's page.", "This page may not use this server.")
_BODY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "",
    status_code=201,
    summary="Open a session for a file",
    responses=_BUSY | _NO_KEY | _FOREIGN | {status: _UPLOAD[status] for status in (400, 413)},
)
async def open_file(request: Request, new: NewFile, credential: _Credential) -> OpenedFile:
    """Open a session for one file. If the server has keys, this needs one, or a token of `POST /api/token`."""
    server = server_state(request)
    check_size(server, new.size_bytes)
    check_origin(request.headers, server)
    owner = ""
    if server.credentials.keys:
        owner = await server.threads.run(server.credentials.authenticate, credential)
    await server.threads.run(server.session_rate.check, client_host(request), owner)
    await server.threads.run(check_load, server)
    await server.threads.run(check_options, server, new.options)
    session = await server.threads.run(server.ledger.open_session, SAMPLE_RATE_HZ, new.options, owner)
    await _write(request, session.session_id, FileStage.WAITING)
    return OpenedFile(session_id=session.session_id, resume_token=session.resume_token)


@router.put(
    "/{session_id}",
    status_code=202,
    summary="Bring the file",
    responses=_BUSY | UNKNOWN | _UPLOAD,
    openapi_extra={"requestBody": _BODY},
)
async def put_file(request: Request, session_id: str, token: ResumeToken) -> FileState:
    """Bring the file itself. Work begins once it is complete, and goes on when the connection is closed."""
    server, jobs = server_state(request), _jobs(request)
    await check_resume_token(server, session_id, token)
    size_bytes = announced_bytes(request)
    check_size(server, size_bytes)
    if (await _state(request, session_id)).state in RUNNING:
        raise HTTPException(409, "This file is being worked on already.")
    try:
        with ExitStack() as held:
            held.enter_context(jobs.reserve(session_id))
            held.enter_context(server.slots.acquire(client_host(request)))
            await server.threads.run(check_load, server)
            await server.threads.run(server.ledger.keep_session, session_id)
            file = held.enter_context(jobs.temporary_file())
            await Upload(request, server, jobs.states, session_id, size_bytes).receive(file)
            if (await _state(request, session_id)).state is FileStage.CANCELLED:
                raise HTTPException(409, "This file was cancelled.")
            await _write(request, session_id, FileStage.WORKING)
            jobs.begin(session_id, token, file, held.pop_all())
    except OSError as error:
        log.error("there is no room for a file: %s", error)
        raise HTTPException(503, "The server has no room for the file. Try again later.") from error
    return FileState(state=FileStage.WORKING)


@router.get("/{session_id}", summary="How far a file is", responses=UNAVAILABLE | UNKNOWN)
async def file_view(
    request: Request,
    session_id: str,
    token: ResumeToken,
    after: Annotated[str, Query(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$", description="The newest event seen.")] = "0-0",
) -> FileView:
    """Return how far the file is, and the events behind `after`."""
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    found = await _state(request, session_id)
    unfinished = 0
    if found.state not in (*RUNNING, FileStage.DONE):
        # This comes before the events are read: the events of all utterances finished by now are among them.
        unfinished = await server.threads.run(server.ledger.unfinished, session_id)
    events = await _events(server, session_id, after)
    return FileView(**found.model_dump(), unfinished=unfinished, events=events)


@router.delete("/{session_id}", status_code=204, summary="End the work on a file", responses=UNAVAILABLE | UNKNOWN)
async def cancel_file(request: Request, session_id: str, token: ResumeToken) -> None:
    """End the work on a file. Sentences that were cut already still get their text.

    To remove those too, delete the session.
    """
    await check_resume_token(server_state(request), session_id, token)
    if (await _state(request, session_id)).state is not FileStage.DONE:
        await _write(request, session_id, FileStage.CANCELLED)


def _jobs(request: Request) -> FileJobs:
    jobs: FileJobs = request.app.state.files
    return jobs


async def _state(request: Request, session_id: str) -> FileState:
    found = await server_state(request).threads.run(_jobs(request).states.read, session_id)
    if found is None:
        raise HTTPException(404, "No such session for this token.")
    return found


async def _write(request: Request, session_id: str, state: FileStage) -> None:
    await server_state(request).threads.run(partial(_jobs(request).states.write, session_id, state=state))


async def _events(server: ServerState, session_id: str, after: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async for text in EventReader(server.redis_async, session_id, after).new():
        events.append(json.loads(text))
        if len(events) == _MAX_EVENTS:
            break
    return events
