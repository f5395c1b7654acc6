"""The HTTP side: health, readiness and the results of a session so far."""

from __future__ import annotations

import logging

import redis
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from fastapi_service.api.dependencies import AWAY, UNKNOWN, Key, ResumeToken, away, check_reader, problem, services_of
from fastapi_service.api.schemas import Config, Health, Readiness, SessionResults, Speech, Token
from fastapi_service.server_state import Services
from wta.errors import ProtocolError
from wta.health import presence
from wta.messages import Options
from wta.metrics import CONTENT_TYPE

log = logging.getLogger(__name__)
router = APIRouter()

_READY = {"application/json": {"example": {"status": "ready", "missing": []}}}
_NOT_READY = {"application/json": {"example": {"status": "not ready", "missing": ["stt_worker"]}}}


@router.get("/healthz", tags=["operation"], summary="Is the process alive?")
async def healthz() -> Health:
    """The process answers. Says nothing about Redis or workers: restarting this process would not mend them."""
    return Health()


@router.get(
    "/readyz",
    tags=["operation"],
    summary="Can speech be answered?",
    response_model=Readiness,
    responses={
        200: {"description": "Everything is there.", "content": _READY},
        503: {"description": "What speech needs is missing; it is named.", "model": Readiness, "content": _NOT_READY},
    },
)
async def readyz(request: Request) -> JSONResponse:
    """Whether speech can be turned into text and sentiment: Redis and a worker of each kind."""
    services = services_of(request)
    missing: list[str] = []
    try:
        alive = await services.threads.run(presence.alive, services.redis)
        missing = [str(kind) for kind, owners in alive.items() if not owners]
    except redis.RedisError:
        missing = ["redis"]
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return JSONResponse(body, status_code=503 if missing else 200)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """For Prometheus. A proxy towards the world should not pass this on; deploy/caddy does not."""
    services = services_of(request)
    return Response(await services.threads.run(services.metrics.text), media_type=CONTENT_TYPE)


@router.get("/api/config", tags=["operation"], summary="What a client wants to know first")
async def config(request: Request) -> Config:
    """What a client wants to know before it connects. Public."""
    services = services_of(request)
    speech, settings = await services.threads.run(_speech, services), services.settings
    return Config(
        key_needed=bool(services.access.keys), max_session_s=settings.max_session_s,
        max_file_bytes=settings.max_file_bytes, retention_s=settings.retention_s, speech=speech,
    )  # fmt: skip


def _speech(services: Services) -> Speech:
    endpoint_ms = services.settings.endpoint_ms
    try:
        able, models = presence.abilities(services.redis), presence.models(services.redis)
    except redis.RedisError:  # the rest is worth knowing all the same
        return Speech(defaults=Options(endpoint_ms=endpoint_ms))
    defaults = able.defaults.model_copy(update={"endpoint_ms": endpoint_ms})
    return Speech(models=models, languages=able.languages, tasks=able.tasks, defaults=defaults)


@router.post(
    "/api/token",
    status_code=201,
    tags=["sessions"],
    summary="A token for one session",
    responses=AWAY
    | problem(401, "No key, or a wrong one.", "This API key is not known here.")
    | problem(404, "No key is needed here.", "This server needs no key."),
)
async def new_token(request: Request, key: Key) -> Token:
    """A token for `start.token`: good for one session, within `expires_in_s`. Needs an API key."""
    services = services_of(request)
    if not services.access.keys:
        raise HTTPException(404, "This server needs no key.")
    try:
        owner = services.access.check_key(key.credentials if key else "")
        made = await services.threads.run(services.access.new_token, owner)
    except ProtocolError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from error
    except redis.RedisError as error:
        raise away() from error
    return Token(token=made, expires_in_s=services.settings.token_ttl_s)


@router.get(
    "/api/sessions/{session_id}", tags=["sessions"], summary="A session's results so far", responses=AWAY | UNKNOWN
)
async def session_results(request: Request, session_id: str, token: ResumeToken) -> SessionResults:
    """Everything known of one session. Needs its resume token."""
    services = services_of(request)
    try:
        await check_reader(services, session_id, token)
        utterances = await services.threads.run(services.ledger.utterances, session_id)
    except redis.RedisError as error:
        raise away() from error
    return SessionResults.of(session_id, utterances)


@router.delete(
    "/api/sessions/{session_id}",
    status_code=204,
    tags=["sessions"],
    summary="Forget a session",
    responses=AWAY | UNKNOWN,
)
async def delete_session(request: Request, session_id: str, token: ResumeToken) -> None:
    """Remove a session's audio, texts and results from the server; where it still runs, it is closed.

    Needs its resume token. Lines of result_listener.log, and what webhooks have told already, stay.
    """
    services = services_of(request)
    try:
        await check_reader(services, session_id, token)
        await services.threads.run(services.ledger.delete_session, session_id)
    except redis.RedisError as error:
        raise away() from error
    log.info("deleted session=%s", session_id)
