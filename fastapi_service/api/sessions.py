"""Routes for before and after speech: the configuration, tokens, and a session's results so far."""

from __future__ import annotations

import logging

import redis
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from fastapi_service.api.dependencies import (
    UNAVAILABLE,
    UNKNOWN,
    Key,
    ResumeToken,
    check_resume_token,
    problem,
    server_state,
)
from fastapi_service.api.schemas import Config, SessionResults, Speech, Token
from fastapi_service.server_state import ServerState
from wta.health import presence
from wta.messages import Options

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/api/config", tags=["operation"], summary="What a client needs to know first")
async def config(request: Request) -> Config:
    """Return what a client needs to know before it connects. It needs no credential."""
    server = server_state(request)
    speech, settings = await server.threads.run(_speech, server), server.settings
    return Config(
        key_needed=bool(server.credentials.keys), max_session_s=settings.max_session_s,
        max_file_bytes=settings.max_file_bytes, retention_s=settings.retention_s, speech=speech,
    )  # fmt: skip


def _speech(server: ServerState) -> Speech:
    endpoint_ms = server.settings.endpoint_ms
    try:
        able, models = presence.abilities(server.redis), presence.models(server.redis)
    except redis.RedisError:  # the rest of the configuration is still useful
        return Speech(defaults=Options(endpoint_ms=endpoint_ms))
    defaults = able.defaults.model_copy(update={"endpoint_ms": endpoint_ms})
    return Speech(models=models, languages=able.languages, tasks=able.tasks, defaults=defaults)


@router.post(
    "/api/token",
    status_code=201,
    tags=["sessions"],
    summary="A token for one session",
    responses=UNAVAILABLE
    | problem(401, "The API key is missing or wrong.", "This API key is not known here.")
    | problem(404, "The server has no API keys, so no token is needed.", "This server needs no key."),
)
async def new_token(request: Request, key: Key) -> Token:
    """Issue a token for `start.token`. It opens one session, within `expires_in_s`. It needs an API key."""
    server = server_state(request)
    if not server.credentials.keys:
        raise HTTPException(404, "This server needs no key.")
    owner = server.credentials.check_key(key)
    token = await server.threads.run(server.credentials.issue_token, owner)
    return Token(token=token, expires_in_s=server.settings.token_ttl_s)


@router.get(
    "/api/sessions/{session_id}",
    tags=["sessions"],
    summary="A session's results so far",
    response_model=SessionResults,
    responses=UNAVAILABLE | UNKNOWN,
)
async def session_results(request: Request, session_id: str, token: ResumeToken) -> Response:
    """Return everything that is known about one session. It needs the session's resume token."""
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    return Response(await server.threads.run(_results, server, session_id), media_type="application/json")


def _results(server: ServerState, session_id: str) -> bytes:
    """Thousands of sentences take a while, so this is done in a thread."""
    return SessionResults.of(session_id, server.ledger.utterances(session_id)).model_dump_json().encode()


@router.delete(
    "/api/sessions/{session_id}",
    status_code=204,
    tags=["sessions"],
    summary="Forget a session",
    responses=UNAVAILABLE | UNKNOWN,
)
async def delete_session(request: Request, session_id: str, token: ResumeToken) -> None:
    """Remove a session's audio, texts and results from the server. A session that still runs is closed.

    It needs the session's resume token. Lines in result_listener.log and deliveries to webhooks are not undone.
    """
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    await server.threads.run(server.ledger.delete_session, session_id)
    log.info("a session was deleted session=%s", session_id)
