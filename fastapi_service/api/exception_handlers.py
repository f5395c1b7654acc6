"""Every error that an HTTP route may let through becomes an answer here: `{"detail": words}` and a status."""

from __future__ import annotations

import logging

import redis
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from wta.errors import ClientError

log = logging.getLogger(__name__)

UNAVAILABLE_MESSAGE = "The server's store is away. Try again soon."
_STATUSES = {"unauthorized": 401, "too_many_guesses": 429, "full": 503}
"""Of error codes; any other one means that the request cannot be served as it is."""


def add_exception_handlers(app: FastAPI) -> None:
    """Routes raise what their parts raise, and catch only what they themselves know better."""
    app.add_exception_handler(redis.RedisError, _redis_away)
    app.add_exception_handler(ClientError, _refused)


async def _redis_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("Redis is away, method=%s: %s", request.method, error)
    return JSONResponse({"detail": UNAVAILABLE_MESSAGE}, 503)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ClientError)  # noqa: S101 - Starlette's type of a handler is wider
    headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return JSONResponse({"detail": str(error)}, _STATUSES.get(error.code, 400), headers)
