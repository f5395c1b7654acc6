"""`/api/files`: a recording instead of a microphone. The page reads its sentences here while the server works on it.

`POST` opens a session, `PUT` brings the bytes, `GET` tells what there is, `DELETE` ends the work. A session's file may
be put again after a restart of the server: it goes on behind the last sentence that is in the ledger.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import ExitStack
from typing import IO, Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from fastapi_service.api.dependencies import (
    UNAVAILABLE,
    UNKNOWN,
    ResumeToken,
    check_resume_token,
    problem,
    server_state,
)
from fastapi_service.files.jobs import FileJobs
from fastapi_service.files.states import RUNNING, FileStage, FileState
from fastapi_service.results.kept_events import EventReader
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load, check_options, check_origin
from wta.audio_format import SAMPLE_RATE_HZ
from wta.messages import Options

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/files", tags=["files"])

_SLOWEST_BYTES_PER_S = 50_000
"""An upload that is slower than this on the whole is given up."""
_BLOCK_BYTES = 1 << 20
_MOST_EVENTS = 500

_Credential = Annotated[
    HTTPAuthorizationCredentials | None, Security(HTTPBearer(scheme_name="key_or_token", auto_error=False))
]
_BUSY = problem(
    503, "Too busy, or a part is away; the same may succeed soon.", "The server is 320 s behind. Try again later."
)
_UPLOAD = (
    problem(400, "It cannot be read, it is empty, or less than was announced.", "The file is empty.")
    | problem(408, "The file took too long to arrive.", "The file took too long to arrive.")
    | problem(409, "This session's file is in work already, or was cancelled.", "This file is in work already.")
    | problem(411, "How large it is has to be said.", "How large the file is has to be said (Content-Length).")
    | problem(413, "The file is too large.", "A file may have at most 2147483648 bytes.")
)
_NO_KEY = problem(401, "No key, or a wrong one.", "This server needs an API key.")
_BODY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class NewFile(Options):
    """What will come, and what is asked for."""

    size_bytes: int = Field(ge=1)

    @property
    def options(self) -> Options:
        return Options.model_validate(self.model_dump(exclude={"size_bytes"}))


class OpenedFile(BaseModel):
    """A session that waits for its file."""

    session_id: str
    resume_token: str
    """Secret: it reads, goes on with and deletes the session."""


class FileView(FileState):
    """What there is by now."""

    unfinished: int
    """Sentences that still wait for a worker, where nobody cuts any more; 0 while the file is in work."""
    events: list[dict[str, Any]]
    """Server messages after the event asked for, as docs/protocol.md has them; at most 500 at a time."""


@router.post(
    "",
    status_code=201,
    summary="Open a session for a file",
    responses=_BUSY | _NO_KEY | {status: _UPLOAD[status] for status in (400, 413)},
)
async def open_file(request: Request, new: NewFile, credential: _Credential) -> OpenedFile:
    """A session for one file. Needs an API key, or a token of `POST /api/token`, where the server has keys."""
    server = server_state(request)
    _check_size(server, new.size_bytes)
    check_origin(request.headers, server.settings)
    if server.credentials.keys:
        await server.threads.run(server.credentials.authenticate, credential.credentials if credential else "")
    await server.threads.run(check_load, server)
    await server.threads.run(check_options, server, new.options)
    session = await server.threads.run(server.ledger.open_session, SAMPLE_RATE_HZ, new.options)
    await _write(request, session.session_id, state=FileStage.WAITING)
    return OpenedFile(session_id=session.session_id, resume_token=session.resume_token)


@router.put(
    "/{session_id}",
    status_code=202,
    summary="Bring the file",
    responses=_BUSY | UNKNOWN | _UPLOAD,
    openapi_extra={"requestBody": _BODY},
)
async def put_file(request: Request, session_id: str, token: ResumeToken) -> FileState:
    """The file itself; work on it begins when it is all there, and goes on when the connection is closed."""
    server, jobs = server_state(request), _jobs(request)
    resume_token = await _check_token(request, session_id, token)
    size = _announced(request)
    _check_size(server, size)
    if (await _state(request, session_id)).state in RUNNING:
        raise HTTPException(409, "This file is in work already.")
    try:
        with ExitStack() as held:
            held.enter_context(jobs.reserve(session_id))
            held.enter_context(server.slots.acquire(request.client.host if request.client else None))
            await server.threads.run(check_load, server)
            file = held.enter_context(jobs.file())
            await _receive(request, session_id, file, size)
            if (await _state(request, session_id)).state is FileStage.CANCELLED:
                raise HTTPException(409, "This file was cancelled.")
            await _write(request, session_id, state=FileStage.WORKING)
            jobs.begin(resume_token, file, held.pop_all())
    except OSError as error:
        log.error("no room for a file: %s", error)
        raise HTTPException(503, "The server has no room for the file. Try again later.") from error
    return FileState(state=FileStage.WORKING)


@router.get("/{session_id}", summary="How far a file is", responses=UNAVAILABLE | UNKNOWN)
async def file_view(
    request: Request,
    session_id: str,
    token: ResumeToken,
    after: Annotated[str, Query(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$", description="The newest event seen.")] = "0-0",
) -> FileView:
    """How far the file is, and what was answered after the event `after`."""
    server = server_state(request)
    await _check_token(request, session_id, token)
    found = await _state(request, session_id)
    unfinished = 0
    if found.state not in (*RUNNING, FileStage.DONE):  # asked first: what is finished by now is among the events
        unfinished = await server.threads.run(server.ledger.unfinished, session_id)
    events = await _events(server, session_id, after)
    return FileView(**found.model_dump(), unfinished=unfinished, events=events)


@router.delete("/{session_id}", status_code=204, summary="End the work on a file", responses=UNAVAILABLE | UNKNOWN)
async def cancel_file(request: Request, session_id: str, token: ResumeToken) -> None:
    """End the work. What was cut until now is still written; to remove it, delete the session."""
    await _check_token(request, session_id, token)
    if (await _state(request, session_id)).state is not FileStage.DONE:
        await _write(request, session_id, state=FileStage.CANCELLED)


def _jobs(request: Request) -> FileJobs:
    jobs: FileJobs = request.app.state.files
    return jobs


async def _check_token(request: Request, session_id: str, token: HTTPAuthorizationCredentials | None) -> str:
    """The resume token, where it is this session's."""
    await check_resume_token(server_state(request), session_id, token)
    return token.credentials if token else ""


async def _state(request: Request, session_id: str) -> FileState:
    found = await server_state(request).threads.run(_jobs(request).states.read, session_id)
    if found is None:
        raise HTTPException(404, "No such session for this token.")
    return found


async def _write(request: Request, session_id: str, state: FileStage | None = None) -> None:
    states = _jobs(request).states
    await server_state(request).threads.run(lambda: states.write(session_id, state=state))


async def _events(server: ServerState, session_id: str, after: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async for text in EventReader(server.redis_async, session_id, after).new():
        events.append(json.loads(text))
        if len(events) == _MOST_EVENTS:
            break
    return events


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411, "How large the file is has to be said (Content-Length).")
    if int(length) == 0:
        raise HTTPException(400, "The file is empty.")
    return int(length)


def _check_size(server: ServerState, size: int) -> None:
    if size > (most := server.settings.max_file_bytes):
        raise HTTPException(413, f"A file may have at most {most} bytes.")


async def _receive(request: Request, session_id: str, file: IO[bytes], size: int) -> None:
    """The body, to the disk. Raises HTTPException where it does not come, OSError where it finds no room."""
    server = server_state(request)
    await server.threads.run(_jobs(request).states.begin, session_id)
    try:
        async with asyncio.timeout(server.settings.idle_timeout_s + size / _SLOWEST_BYTES_PER_S):
            await _copy(request, session_id, file)
    except TimeoutError as error:
        raise await _broken_off(request, session_id, 408, "The file took too long to arrive.") from error
    except ClientDisconnect as error:
        raise await _broken_off(request, session_id, 400, "The connection broke before the file was whole.") from error


async def _copy(request: Request, session_id: str, file: IO[bytes]) -> None:
    threads, block = server_state(request).threads, bytearray()
    async for chunk in request.stream():
        block += chunk
        if len(block) >= _BLOCK_BYTES:
            await threads.run(file.write, bytes(block))
            block.clear()
            await _write(request, session_id)  # a sign of life
    await threads.run(file.write, bytes(block))
    await threads.run(file.flush)


async def _broken_off(request: Request, session_id: str, status: int, message: str) -> HTTPException:
    await _write(request, session_id, state=FileStage.WAITING)
    return HTTPException(status, message)
