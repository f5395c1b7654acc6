"""What the HTTP routes share: the server's state, credentials, and errors as the OpenAPI description has them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from fastapi_service.api.exception_handlers import UNAVAILABLE_MESSAGE
from fastapi_service.server_state import ServerState

Responses = dict[int | str, dict[str, Any]]

# Credentials come as `Authorization: Bearer …`; None where there is none.
Key = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(scheme_name="api_key", description="`python -m wta keys new` makes one.", auto_error=False)),
]
ResumeToken = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(
        HTTPBearer(scheme_name="resume_token", description="A session's own, from its `ready`.", auto_error=False)
    ),
]


class Problem(BaseModel):
    """What went wrong, in words for the user."""

    detail: str


def problem(status: int, description: str, example: str) -> Responses:
    """One answer that is an error, for a route's `responses`."""
    content = {"application/json": {"example": {"detail": example}}}
    return {status: {"description": description, "model": Problem, "content": content}}


UNAVAILABLE = problem(503, "The server's store is away; the same may succeed soon.", UNAVAILABLE_MESSAGE)
UNKNOWN = problem(404, "Not known, or not this token's.", "No such session for this token.")


def server_state(request: Request) -> ServerState:
    server: ServerState = request.app.state.server
    return server


async def check_resume_token(server: ServerState, session_id: str, token: HTTPAuthorizationCredentials | None) -> None:
    """Raises HTTPException (404) where the token is not the session's."""
    credentials = token.credentials if token else ""
    if not await server.threads.run(server.ledger.may_read, session_id, credentials):
        raise HTTPException(404, "No such session for this token.")
