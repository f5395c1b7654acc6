"""Routes that stream results as server-sent events: those of one session, or of all sessions.

The events are kept in Redis, so a client that comes back with `Last-Event-ID` misses nothing.
"""

from __future__ import annotations

import re
from typing import Annotated

import redis
from fastapi import APIRouter, Header, HTTPException, Query, Request
from sse_starlette import EventSourceResponse

from fastapi_service.api.dependencies import (
    UNKNOWN,
    FollowToken,
    Key,
    Responses,
    problem,
    server_state,
)
from fastapi_service.api.event_stream import EventStream
from fastapi_service.results.kept_events import EventReader, StreamReader
from fastapi_service.server_state import ServerState
from wta import names

router = APIRouter()

_ENTRY_ID = r"^[0-9]{1,19}-[0-9]{1,19}$"
_LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The `id` of the newest event that arrived; the stream begins behind it.",
        # The pattern is only described here. The route checks it, after it has checked the credential.
        json_schema_extra={"pattern": _ENTRY_ID},
    ),
]
_NO_CURSOR_MESSAGE = "Last-Event-ID is the `id` of an event, such as 1767225600000-0."
_NO_CURSOR = problem(422, "`Last-Event-ID` is not the `id` of an event.", _NO_CURSOR_MESSAGE)
_BAD_QUERY = problem(
    422, "`Last-Event-ID` is not the `id` of an event, or `interim` is neither `true` nor `false`.", _NO_CURSOR_MESSAGE
)
_SWITCH = ["true", "false"]
_Interim = Annotated[
    str,
    Query(
        description="Whether the words so far of a sentence come too.",
        json_schema_extra={"enum": _SWITCH},  # only described here, like the pattern above
    ),
]
_FULL = problem(
    503,
    "Too many clients are listening, or the server's store does not answer.",
    "Too many are listening here right now.",
)


def _streamed(example: str) -> Responses:
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": "Events, until the client leaves. A comment comes every 15 s.", "content": content}}


_SESSION_EXAMPLE = (
    'event: final\nid: 1767225600000-0\ndata: {"type":"final","utterance_id":"5e5510a0c3b1f2d4:1","seq":1,"start":0.8,'
    '"end":3.1,"text":"I am very happy.","event_id":"1767225600000-0"}\n\n'
)
_RESULTS_EXAMPLE = (
    'event: result\nid: 1767225600100-0\ndata: {"type":"result","version":1,"status":"done",'
    '"utterance_id":"5e5510a0c3b1f2d4:1","text":"I am very happy.","label":"POSITIVE","score":0.98}\n\n'
)


@router.get(
    "/api/sessions/{session_id}/events", response_class=EventSourceResponse, tags=["sessions"],
    summary="A session's results as they come",
    responses=_streamed(_SESSION_EXAMPLE) | UNKNOWN | _BAD_QUERY | _FULL,
)  # fmt: skip
async def session_events(
    request: Request,
    session_id: str,
    token: FollowToken,
    interim: _Interim = "false",
    last_event_id: _LastEventId = None,
) -> EventStream:
    """Stream the messages `final`, `sentiment`, `no_speech` and `error` of docs/protocol.md as server-sent events.

    The stream begins with the session's first message, or behind `Last-Event-ID`. With `interim=true` the words so far
    of a sentence that is being spoken come too, as `partial`, without an id. It needs the session's resume token, or
    that of a read-only link; when the link ends, the stream does. The speaker is not disturbed.
    """
    server = server_state(request)
    run, ledger = server.threads.run, server.ledger
    owns = await run(ledger.may_read, session_id, token)

    async def may_follow() -> bool:
        return owns or await run(ledger.may_follow, session_id, token)

    if not await may_follow():
        raise HTTPException(404, "No such session for this token.")
    if interim not in _SWITCH:
        raise HTTPException(422, "`interim` is `true` or `false`.")
    reader = EventReader(server.redis_async, session_id, _cursor(last_event_id) or "0-0")
    return EventStream(request, session_id, reader, interim == "true", may_follow)


def _cursor(last_event_id: str | None) -> str | None:
    if last_event_id and not re.fullmatch(_ENTRY_ID, last_event_id):
        raise HTTPException(422, _NO_CURSOR_MESSAGE)
    return last_event_id


@router.get(
    "/api/results/events", response_class=EventSourceResponse, tags=["results"],
    summary="Everybody's results as they come",
    responses=_streamed(_RESULTS_EXAMPLE)
    | problem(401, "The reader key is missing or wrong.", "This reader key is not known here.")
    | problem(403, "The server has no reader keys.", "Everybody's results are for those who have a reader key.")
    | _NO_CURSOR
    | _FULL,
)  # fmt: skip
async def all_events(request: Request, key: Key, last_event_id: _LastEventId = None) -> EventStream:
    """Stream a `result` for each sentence of every speaker as server-sent events.

    The stream begins now, or behind `Last-Event-ID`. It needs a key of `WTA_READER_KEYS`: a key with which one may
    speak does not let one read what others say.
    """
    server = server_state(request)
    if not server.credentials.readers:
        message = "Everybody's results are for those who have a reader key, and this server has none (WTA_READER_KEYS)."
        raise HTTPException(403, message)
    if server.credentials.readers.owner(key) is None:
        raise HTTPException(401, "This reader key is not known here.", {"WWW-Authenticate": "Bearer"})
    cursor = _cursor(last_event_id) or await _newest(server)
    return EventStream(request, None, StreamReader(server.redis_async, names.RESULTS_STREAM, cursor))


async def _newest(server: ServerState) -> str:
    try:
        info = await server.redis_async.xinfo_stream(names.RESULTS_STREAM)
    except redis.ResponseError:
        return "0-0"  # there is no result yet
    return str(info["last-generated-id"].decode())
