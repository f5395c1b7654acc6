"""Errors of the OpenAI endpoint, and the responses that OpenAI's clients understand."""

from __future__ import annotations

import redis
from fastapi.responses import JSONResponse

from fastapi_service.api.exception_handlers import UNAVAILABLE_MESSAGE
from wta.errors import AudioError, RefusedError, WtaError

_UNAUTHORIZED, _SERVER_ERROR = 401, 500


class RequestError(WtaError):
    """A request cannot be served as it is. `status` is the HTTP status of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def error_response(error: WtaError | redis.RedisError) -> JSONResponse:
    """Make the response for an error: its HTTP status, and a body as OpenAI's clients read it."""
    match error:
        case RequestError():
            return _response(error.status, str(error))
        case RefusedError(code="unauthorized"):
            return _response(_UNAUTHORIZED, str(error), "invalid_api_key")
        case AudioError() | RefusedError(code="unsupported"):
            return _response(400, str(error))
        case redis.RedisError():
            return _response(503, UNAVAILABLE_MESSAGE)
    return _response(503, str(error))  # the server is full, or no worker has answered


def _response(status: int, message: str, code: str | None = None) -> JSONResponse:
    kind = "invalid_request_error" if status < _SERVER_ERROR else "server_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status, {"WWW-Authenticate": "Bearer"} if status == _UNAUTHORIZED else None)
