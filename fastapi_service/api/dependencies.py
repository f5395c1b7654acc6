"""What the HTTP routes share: the server's state, credentials, and the OpenAPI descriptions of their errors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from fastapi_service.api.exception_handlers import UNAVAILABLE_MESSAGE
from fastapi_service.server_state import ServerState

Responses = dict[int | str, dict[str, Any]]


class BearerCredential(HTTPBearer):
    """The credential in the header `Authorization: Bearer …`, or "" if there is none."""

    def __init__(self, scheme_name: str, description: str) -> None:
        super().__init__(scheme_name=scheme_name, description=description, auto_error=False)

    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        found = await super().__call__(request)
        return found.credentials if found else ""


Key = Annotated[
    str, Security(BearerCredential("api_key", "An API key of the server. `python -m wta keys new` makes one."))
]
FollowToken = Annotated[
    str,
    Security(
        BearerCredential("link_token", "The session's resume token, or the token of a read-only link to the session.")
    ),
]
ResumeToken = Annotated[
    str, Security(BearerCredential("resume_token", "The session's resume token, which its `ready` message holds."))
]


class Problem(BaseModel):
    """What went wrong, in words for the user."""

    detail: str


def problem(status: int, description: str, example: str) -> Responses:
    """Describe an error response, for the `responses` of a route.

    Args:
        status: the HTTP status.
        description: when the route answers with it.
        example: a text for the user, as `detail` may hold it.
    """
    content = {"application/json": {"example": {"detail": example}}}
    return {status: {"description": description, "model": Problem, "content": content}}


UNAVAILABLE = problem(
    503, "The server's store does not answer. The same request may succeed soon.", UNAVAILABLE_MESSAGE
)
UNKNOWN = problem(404, "The session is unknown, or the token is not its own.", "No such session for this token.")


def server_state(request: Request) -> ServerState:
    """Return the state of the web process that serves `request`."""
    server: ServerState = request.app.state.server
    return server


async def check_resume_token(server: ServerState, session_id: str, token: str) -> None:
    """Check that a token is the session's resume token. Raises HTTPException (404) if it is not."""
    if not await server.threads.run(server.ledger.may_read, session_id, token):
        raise HTTPException(404, "No such session for this token.")
