"""Errors of the OpenAI endpoints, and the responses that OpenAI's clients understand."""

from __future__ import annotations

import redis
from fastapi.responses import JSONResponse

from fastapi_service.api.exception_handlers import RETRY_AFTER_S, UNAVAILABLE_MESSAGE
from wta.errors import AudioError, RefusedError, SessionDeletedError, WtaError

_SERVER_ERROR, _UNAVAILABLE = 500, 503
_NEVER = {"x-should-retry": "false"}
"""The official clients send a request that failed with 5xx twice more, unless they are told not to."""


_REFUSALS = {"origin_refused": (403, "permission_denied"), "too_many_sessions": (429, "rate_limit_exceeded")}
"""The HTTP status and OpenAI's code of these error codes."""


class RequestError(WtaError):
    """A request cannot be served as it is. `status` is the HTTP status of the response, `param` the field at fault."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param


class NothingUnderstoodError(WtaError):
    """Every sentence of the file was given up. The same file would end in the same way."""


def error_response(error: Exception, taken: bool = False) -> JSONResponse:
    """Make the response for an error: its HTTP status, and a body as OpenAI's clients read it.

    Args:
        taken: whether sentences of the file may be in the ledger. Then the client is told not to send it again: its
            sentences would be worked on, and written to the log, once more.
    """
    response = _response_for(error)
    if taken:
        response.headers.update(_NEVER)
    return response


def _response_for(error: Exception) -> JSONResponse:
    match error:
        case RequestError():
            return _response(error.status, str(error), param=error.param)
        case RefusedError(code="unauthorized"):
            return _response(401, str(error), code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        case RefusedError(code="origin_refused" | "too_many_sessions" as code):
            status, name = _REFUSALS[code]
            return _response(status, str(error), code=name)
        case AudioError() | RefusedError(code="unsupported"):
            return _response(400, str(error), param="file" if isinstance(error, AudioError) else "language")
        case redis.RedisError():
            return _response(503, UNAVAILABLE_MESSAGE)
    return _failure(error)


def _failure(error: Exception) -> JSONResponse:
    if isinstance(error, SessionDeletedError):
        return _response(422, str(error))
    if isinstance(error, NothingUnderstoodError) or not isinstance(error, WtaError):
        return _response(500, str(error) if isinstance(error, WtaError) else "Something went wrong here.")
    seconds = getattr(error, "retry_after_s", None) or RETRY_AFTER_S
    # The server is full, or no worker has answered.
    return _response(503, str(error), headers={"Retry-After": str(seconds)})


def _response(
    status: int, message: str, code: str | None = None, param: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    if status == _UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_AFTER_S)} | (headers or {})
    kind = "invalid_request_error" if status < _SERVER_ERROR else "server_error"
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return JSONResponse(body, status, headers)
