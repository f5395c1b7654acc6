"""Routes for operators: whether the service is alive and ready, and its metrics."""

from __future__ import annotations

import time

import redis
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from fastapi_service.access.client_address import client_host, is_this_machine
from fastapi_service.api.dependencies import problem, server_state
from fastapi_service.api.schemas import Health, Readiness
from wta.health import presence
from wta.metrics import CONTENT_TYPE

router = APIRouter()

_STUCK_S = 30.0
"""Housekeeping takes a turn each second. After this time without one it has stopped, and with it much else."""
_STUCK = problem(503, "The process answers, but does its work no longer: restart it.", "Housekeeping stands still.")
_READY = {"application/json": {"example": {"status": "ready", "missing": []}}}
_NOT_READY = {"application/json": {"example": {"status": "not ready", "missing": ["stt_worker"]}}}


@router.get("/healthz", tags=["operation"], summary="Is the process alive?", responses=_STUCK)
async def healthz(request: Request) -> Health:
    """Return 200 whenever the process answers and its housekeeping goes on.

    It says nothing about Redis or the workers, because restarting this process would not help them.
    """
    if time.monotonic() - server_state(request).housekept_at > _STUCK_S:
        raise HTTPException(503, "Housekeeping stands still.")
    return Health()


@router.get(
    "/readyz",
    tags=["operation"],
    summary="Can speech be answered?",
    response_model=Readiness,
    responses={
        200: {"description": "Redis answers, and there is a worker of each kind.", "content": _READY},
        503: {
            "description": "Parts in `missing` are not there, or this process is to end.",
            "model": Readiness,
            "content": _NOT_READY,
        },
    },
)
async def readyz(request: Request) -> JSONResponse:
    """Return whether speech can be turned into text and sentiment: it needs Redis and a worker of each kind.

    A process that has been told to end is `draining`: it takes nobody new.
    """
    server = server_state(request)
    missing: list[str] = []
    if server.draining:  # without a question to Redis: a load balancer is to know at once
        return JSONResponse({"status": "draining", "missing": missing}, status_code=503)
    try:
        await server.threads.run(server.redis_live.ping)
        alive = await server.threads.run(presence.living_workers, server.redis)
        missing = [str(kind) for kind, owners in alive.items() if not owners]
    except redis.RedisError:
        missing = ["redis"]
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return JSONResponse(body, status_code=503 if missing else 200)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus to clients on this machine alone. Others are told that there is no such page.

    WTA_METRICS_PORT opens them to other machines.
    """
    if not is_this_machine(client_host(request)):
        raise HTTPException(404)
    server = server_state(request)
    return Response(await server.threads.run(server.metrics.text), media_type=CONTENT_TYPE)
