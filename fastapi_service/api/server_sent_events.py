"""Results as server-sent events: of one session, or of all. They are kept in Redis, so `Last-Event-ID` resumes."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import ExitStack, aclosing, suppress
from typing import Annotated

import anyio
import redis
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from fastapi_service.api.dependencies import (
    UNKNOWN,
    Key,
    Responses,
    ResumeToken,
    check_resume_token,
    problem,
    server_state,
)
from fastapi_service.results.kept_events import EventReader, StreamReader
from fastapi_service.results.subscriptions import Subscriber
from fastapi_service.server_state import ServerState
from wta import names
from wta.errors import RefusedError, SessionDeletedError
from wta.messages import Error

log = logging.getLogger(__name__)
router = APIRouter()

_POLL_S = 1.0
"""What a lost wake-up costs at most, and how soon a stream ends when the server does."""
_GRACE_S = 3.0
_RETRY_MS = 2_000
_PINGS_PER_TIMEOUT = 4
"""Heartbeats within the idle time-out: one every 15 s."""

_ENTRY_ID = r"^[0-9]{1,19}-[0-9]{1,19}$"
_LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The newest `id` that arrived; what came after it is sent.",
        # Only told, not checked here: who may not read hears that first.
        json_schema_extra={"pattern": _ENTRY_ID},
    ),
]
_NO_CURSOR_MESSAGE = "Last-Event-ID is the `id` of an event, such as 1767225600000-0."
_NO_CURSOR = problem(422, "`Last-Event-ID` is none.", _NO_CURSOR_MESSAGE)
_FULL = problem(503, "Too many are listening, or the server's store is away.", "Too many are listening here right now.")


def _streamed(example: str) -> Responses:
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": "Events until the client leaves; a comment every 15 s.", "content": content}}


_SESSION_EXAMPLE = (
    'event: final\nid: 1767225600000-0\ndata: {"type":"final","utterance_id":"5e5510a0c3b1f2d4:1","seq":1,"start":0.8,'
    '"end":3.1,"text":"I am very happy.","event_id":"1767225600000-0"}\n\n'
)
_RESULTS_EXAMPLE = (
    'event: result\nid: 1767225600100-0\ndata: {"type":"result","version":1,"status":"done",'
    '"utterance_id":"5e5510a0c3b1f2d4:1","text":"I am very happy.","label":"POSITIVE","score":0.98}\n\n'
)


class _Reader(Subscriber):
    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.gone = False

    def wake(self) -> None:
        self.woken.set()

    def deleted(self) -> None:
        self.gone = True
        self.woken.set()


class _Stream(EventSourceResponse):
    """Sends what is kept, then what comes later. Holds one of the reader slots."""

    def __init__(self, request: Request, session_id: str | None, entries: StreamReader) -> None:
        self._server = server_state(request)
        self._host = request.client.host if request.client else None
        self._session_id = session_id
        self._entries = entries
        self._stop = anyio.Event()
        settings = self._server.settings
        super().__init__(
            self._events(), ping=settings.idle_timeout_s / _PINGS_PER_TIMEOUT, send_timeout=settings.send_timeout_s,
            shutdown_event=self._stop, shutdown_grace_period=_GRACE_S, sep="\n",
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._server.reader_slots.acquire(self._host))
            except RefusedError:
                body = {"detail": "Too many are listening here right now. Try again in a minute."}
                await JSONResponse(body, 503)(scope, receive, send)
                return
            await super().__call__(scope, receive, send)

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        reader = _Reader()
        self._server.subscriptions.watch(self._session_id, reader)
        until = time.monotonic() + self._server.settings.max_session_s
        try:
            yield ServerSentEvent(comment="listening", retry=_RETRY_MS)
            while not self._stop.is_set() and time.monotonic() < until:
                reader.woken.clear()
                async with aclosing(self._new()) as new:
                    async for event in new:
                        yield event
                if reader.gone:
                    yield _told(SessionDeletedError())
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):
                        await reader.woken.wait()
        finally:
            self._server.subscriptions.unwatch(self._session_id, reader)

    async def _new(self) -> AsyncGenerator[ServerSentEvent, None]:
        try:
            async for entry_id, text in self._entries.entries():
                if event := self._event(entry_id, text):
                    yield event
        except redis.RedisError as error:
            log.warning("no events for now: %s", error)

    def _event(self, entry_id: str, text: str) -> ServerSentEvent | None:
        """None where somebody put something else into the stream."""
        try:
            message = json.loads(text) | ({} if self._session_id is None else {"event_id": entry_id})
            data = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
            return ServerSentEvent(data, event=message["type"], id=entry_id)
        except (ValueError, TypeError, KeyError):
            log.warning("entry %s is no event; passed over", entry_id)
            return None


def _told(error: SessionDeletedError) -> ServerSentEvent:
    return ServerSentEvent(Error(code="deleted", message=str(error), retryable=False).to_json(), event="error")


@router.get(
    "/api/sessions/{session_id}/events", response_class=EventSourceResponse, tags=["sessions"],
    summary="A session's results as they come",
    responses=_streamed(_SESSION_EXAMPLE) | UNKNOWN | _NO_CURSOR | _FULL,
)  # fmt: skip
async def session_events(
    request: Request, session_id: str, token: ResumeToken, last_event_id: _LastEventId = None
) -> _Stream:
    """Server-sent events: the messages `final`, `sentiment`, `no_speech` and `error` of docs/protocol.md, from the
    session's first on, or after `Last-Event-ID`. Needs its resume token. Who speaks goes on speaking meanwhile.
    """
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    return _Stream(request, session_id, EventReader(server.redis_async, session_id, _cursor(last_event_id) or "0-0"))


def _cursor(last_event_id: str | None) -> str | None:
    if last_event_id and not re.fullmatch(_ENTRY_ID, last_event_id):
        raise HTTPException(422, _NO_CURSOR_MESSAGE)
    return last_event_id


@router.get(
    "/api/results/events", response_class=EventSourceResponse, tags=["results"],
    summary="Everybody's results as they come",
    responses=_streamed(_RESULTS_EXAMPLE)
    | problem(401, "No reader key, or a wrong one.", "This API key is not known here.")
    | problem(403, "The server has no reader keys.", "Everybody's results are for those who have a reader key.")
    | _NO_CURSOR
    | _FULL,
)  # fmt: skip
async def all_events(request: Request, key: Key, last_event_id: _LastEventId = None) -> _Stream:
    """Server-sent events: a `result` for each sentence of every speaker, from now on, or after `Last-Event-ID`.

    Needs a key of `WTA_READER_KEYS`: a key to speak is not one to read what others say.
    """
    server = server_state(request)
    if not server.credentials.readers:
        message = "Everybody's results are for those who have a reader key, and this server has none (WTA_READER_KEYS)."
        raise HTTPException(403, message)
    if server.credentials.readers.owner(key.credentials if key else "") is None:
        raise HTTPException(401, "This reader key is not known here.", {"WWW-Authenticate": "Bearer"})
    cursor = _cursor(last_event_id) or await _newest(server)
    return _Stream(request, None, StreamReader(server.redis_async, names.RESULTS_STREAM, cursor))


async def _newest(server: ServerState) -> str:
    try:
        info = await server.redis_async.xinfo_stream(names.RESULTS_STREAM)
    except redis.ResponseError:
        return "0-0"  # nobody has said anything yet
    return str(info["last-generated-id"].decode())
