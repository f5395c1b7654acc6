"""Handlers that turn the errors of HTTP routes into responses: a status, and `{"detail": message}`."""

from __future__ import annotations

import logging

import redis
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from wta.errors import ClientError

log = logging.getLogger(__name__)

UNAVAILABLE_MESSAGE = "The server's store is away. Try again soon."
RETRY_AFTER_S = 5
_STATUSES = {
    "unauthorized": 401,
    "origin_refused": 403,
    "too_many_guesses": 429,
    "too_many_sessions": 429,
    "full": 503,
    "unavailable": 503,
}
"""The HTTP status of each error code. Any other code becomes 400: the request cannot be served as it is."""


def add_exception_handlers(app: FastAPI) -> None:
    """Register the handlers. A route then catches only those errors that it answers in its own way."""
    app.add_exception_handler(redis.RedisError, _redis_away)
    app.add_exception_handler(ClientError, _refused)


async def _redis_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("Redis does not answer method=%s: %s", request.method, error)
    return JSONResponse({"detail": UNAVAILABLE_MESSAGE}, 503, {"Retry-After": str(RETRY_AFTER_S)})


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ClientError)  # noqa: S101 - Starlette types handlers for any exception
    headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return JSONResponse({"detail": str(error)}, _STATUSES.get(error.code, 400), headers)
