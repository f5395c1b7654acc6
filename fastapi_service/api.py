"""The HTTP side: health, readiness and the results of a session so far."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import redis
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from fastapi_service.services import Services
from fastapi_service.summary import summarize
from wta import workers
from wta.ledger import Utterance
from wta.metrics import CONTENT_TYPE

router = APIRouter()

_BEARER = "bearer "


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


@router.get("/api/sessions/{session_id}", responses={404: {"description": "Not known, or not this token's."}})
async def session_results(
    request: Request, session_id: str, authorization: Annotated[str, Header()] = ""
) -> dict[str, Any]:
    """Everything known of one session. Needs its resume token as `Authorization: Bearer …`."""
    services = _services(request)
    token = authorization[len(_BEARER) :] if authorization.lower().startswith(_BEARER) else ""
    try:
        if not await services.threads.run(services.ledger.may_read, session_id, token):
            raise HTTPException(404, "No such session for this token.")
        utterances = await services.threads.run(services.ledger.utterances, session_id)
    except redis.RedisError as error:
        raise HTTPException(503, "The server's store is away. Try again soon.") from error
    return {
        "session_id": session_id,
        "summary": summarize(utterances).model_dump(),
        "utterances": [_view(u) for u in utterances],
    }


def _view(utterance: Utterance) -> dict[str, Any]:
    fields = asdict(utterance)
    return fields | {
        "seq": utterance.seq,
        "models": utterance.models.model_dump(),
        "timings": utterance.timings.model_dump(),
    }
