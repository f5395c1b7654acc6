"""The HTTP side: health, readiness and the results of a session so far."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Annotated, Any

import redis
from fastapi import APIRouter, HTTPException, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from fastapi_service.services import Services
from fastapi_service.summary import summarize
from wta import workers
from wta.errors import ProtocolError
from wta.ledger import Utterance
from wta.messages import Models, Options, Task
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS
from wta.metrics import CONTENT_TYPE

log = logging.getLogger(__name__)
router = APIRouter()

_Responses = dict[int | str, dict[str, Any]]
_AWAY: _Responses = {503: {"description": "The server's store is away; the same may succeed soon."}}
_UNKNOWN: _Responses = {404: {"description": "Not known, or not this token's."}}

# Credentials come as `Authorization: Bearer …`; None where there is none.
_Key = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(scheme_name="api_key", auto_error=False))]
_ResumeToken = Annotated[
    HTTPAuthorizationCredentials | None, Security(HTTPBearer(scheme_name="resume_token", auto_error=False))
]


class Speech(BaseModel):
    """What `start` may ask for, and what holds where it asks for nothing. Empty lists: no worker is known now."""

    models: Models = Models()
    languages: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    defaults: Options
    least_endpoint_ms: int = MIN_ENDPOINT_MS
    most_endpoint_ms: int = MAX_ENDPOINT_MS


class Config(BaseModel):
    """What a client wants to know before it connects."""

    key_needed: bool
    """Whether `start` needs a token of `POST /api/token`, or the handshake an API key."""
    max_session_s: float
    speech: Speech
    max_file_bytes: int
    """Largest file of `POST /api/files`."""
    retention_s: int
    """How long texts and results stay on the server."""


class Token(BaseModel):
    """A credential for `start.token`."""

    token: str
    expires_in_s: int


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers. Says nothing about Redis or workers: restarting this process would not mend them."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Something that speech needs is missing; it is named."}})
async def readyz(request: Request) -> JSONResponse:
    """Whether speech can be turned into text and sentiment: Redis and a worker of each kind."""
    services = _services(request)
    missing: list[str] = []
    try:
        alive = await services.threads.run(workers.alive, services.redis)
        missing = [str(kind) for kind, owners in alive.items() if not owners]
    except redis.RedisError:
        missing = ["redis"]
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return JSONResponse(body, status_code=503 if missing else 200)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """For Prometheus. A proxy towards the world should not pass this on; deploy/caddy does not."""
    services = _services(request)
    return Response(await services.threads.run(services.metrics.text), media_type=CONTENT_TYPE)


@router.get("/api/config")
async def config(request: Request) -> Config:
    """What a client wants to know before it connects. Public."""
    services = _services(request)
    speech, settings = await services.threads.run(_speech, services), services.settings
    return Config(
        key_needed=bool(services.access.keys), max_session_s=settings.max_session_s,
        max_file_bytes=settings.max_file_bytes, retention_s=settings.retention_s, speech=speech,
    )  # fmt: skip


def _speech(services: Services) -> Speech:
    endpoint = {"endpoint_ms": services.settings.endpoint_ms}
    try:
        able, models = workers.abilities(services.redis), workers.models(services.redis)
    except redis.RedisError:  # the rest is worth knowing all the same
        return Speech(defaults=Options(**endpoint))
    defaults = able.defaults.model_copy(update=endpoint)
    return Speech(models=models, languages=able.languages, tasks=able.tasks, defaults=defaults)


@router.post(
    "/api/token",
    status_code=201,
    responses=_AWAY | {401: {"description": "No key, or a wrong one."}, 404: {"description": "No key is needed here."}},
)
async def new_token(request: Request, key: _Key) -> Token:
    """A token for `start.token`: good for one session, within `expires_in_s`. Needs an API key."""
    services = _services(request)
    if not services.access.keys:
        raise HTTPException(404, "This server needs no key.")
    try:
        owner = services.access.check_key(key.credentials if key else "")
        made = await services.threads.run(services.access.new_token, owner)
    except ProtocolError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from error
    except redis.RedisError as error:
        raise _away() from error
    return Token(token=made, expires_in_s=services.settings.token_ttl_s)


@router.get("/api/sessions/{session_id}", responses=_AWAY | _UNKNOWN)
async def session_results(request: Request, session_id: str, token: _ResumeToken) -> dict[str, Any]:
    """Everything known of one session. Needs its resume token."""
    services = _services(request)
    try:
        await _check_reader(services, session_id, token)
        utterances = await services.threads.run(services.ledger.utterances, session_id)
    except redis.RedisError as error:
        raise _away() from error
    return {
        "session_id": session_id,
        "summary": summarize(utterances).model_dump(),
        "utterances": [_view(u) for u in utterances],
    }


@router.delete("/api/sessions/{session_id}", status_code=204, responses=_AWAY | _UNKNOWN)
async def delete_session(request: Request, session_id: str, token: _ResumeToken) -> None:
    """Remove a session's audio, texts and results from the server; where it still runs, it is closed.

    Needs its resume token. Lines of result_listener.log stay.
    """
    services = _services(request)
    try:
        await _check_reader(services, session_id, token)
        await services.threads.run(services.ledger.delete_session, session_id)
    except redis.RedisError as error:
        raise _away() from error
    log.info("deleted session=%s", session_id)


async def _check_reader(services: Services, session_id: str, token: _ResumeToken) -> None:
    credentials = token.credentials if token else ""
    if not await services.threads.run(services.ledger.may_read, session_id, credentials):
        raise HTTPException(404, "No such session for this token.")


def _away() -> HTTPException:
    return HTTPException(503, "The server's store is away. Try again soon.")


def _view(utterance: Utterance) -> dict[str, Any]:
    fields = asdict(utterance)
    return fields | {
        "seq": utterance.seq,
        "options": utterance.options.model_dump(exclude_none=True),
        "models": utterance.models.model_dump(),
        "timings": utterance.timings.model_dump(),
    }
