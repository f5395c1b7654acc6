"""Routes of the dashboard: signing in, the figures, and decisions about utterances that were given up."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Security
from fastapi.responses import Response

from fastapi_service.access.client_address import client_host
from fastapi_service.api.dependencies import UNAVAILABLE, BearerCredential, problem, server_state
from fastapi_service.dashboard.admins import TOKEN_TTL_S, Admins
from fastapi_service.dashboard.dashboard import Dashboard
from fastapi_service.dashboard.schemas import DashboardSnapshot, Queued, SignedIn
from wta.ledger import RetryOutcome
from wta.names import Stage

log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE = "This utterance is not among those that were given up."
_NO_AUDIO_MESSAGE = "The utterance's audio is no longer kept, so it cannot be tried again."
_ERRORS = (
    problem(401, "The admin is not signed in.", "Sign in with an admin key.")
    | problem(404, "The utterance is unknown, or the server has no admin key.", _UNKNOWN_MESSAGE)
    | UNAVAILABLE
)
_TOO_MANY = problem(429, "Too many wrong keys came.", "Too many wrong keys came from your address. Try again in 40 s.")
_NO_AUDIO = problem(410, "The utterance's audio is no longer kept.", _NO_AUDIO_MESSAGE)
_Key = Annotated[str, Security(BearerCredential("admin_key", "An admin key of the server."))]
_Token = Annotated[str, Security(BearerCredential("dashboard_token", "A token from signing in."))]


class _Backend:
    """The objects that the routes below work with."""

    def __init__(self, request: Request) -> None:
        """Find them in the application. Raises HTTPException (404) if there is no admin key, and so no dashboard."""
        self.admins: Admins = request.app.state.admins
        self.dashboard: Dashboard = request.app.state.dashboard
        self.run = server_state(request).threads.run
        if not self.admins:
            raise HTTPException(404, "This server has no admin key, so its dashboard shows nothing.")


async def _admin(request: Request, token: _Token) -> str:
    """Return the name of the admin who is signed in. Raises NotSignedInError."""
    backend = _Backend(request)
    return await backend.run(backend.admins.check, token)


_Admin = Annotated[str, Depends(_admin)]
_Utterance = Annotated[
    str, Path(description="Id of an utterance that was given up.", pattern="^[0-9a-f]{16}:[1-9][0-9]{0,8}$")
]
router = APIRouter(prefix="/api/dashboard", tags=["dashboard"], responses=_ERRORS)


@router.post("/session", status_code=201, summary="Sign in", responses=_TOO_MANY)
async def sign_in(request: Request, key: _Key) -> SignedIn:
    """Issue a token for the dashboard. It needs an admin key."""
    backend = _Backend(request)
    token = await backend.run(backend.admins.sign_in, key, client_host(request))
    name = await backend.run(backend.admins.check, token)
    log.info("an admin has signed in to the dashboard name=%s", name)
    return SignedIn(token=token, expires_in_s=TOKEN_TTL_S, name=name)


@router.delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request, _: _Admin, token: _Token) -> None:
    """Make the token invalid."""
    backend = _Backend(request)
    await backend.run(backend.admins.sign_out, token)


@router.get("", summary="All figures", response_model=DashboardSnapshot)
async def snapshot(request: Request, _: _Admin) -> Response:
    """Return all figures, of all web processes together. They are at most a second old."""
    backend = _Backend(request)
    found = await backend.run(backend.dashboard.snapshot_json)
    return Response(found, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/dead/{utterance_id}/retry", status_code=202, summary="Try an utterance again", responses=_NO_AUDIO)
async def retry(request: Request, utterance_id: _Utterance, name: _Admin) -> Queued:
    """Queue an utterance again that was given up. It gets as many attempts as a new one."""
    backend = _Backend(request)
    answer = await backend.run(backend.dashboard.retry, utterance_id)
    if answer is RetryOutcome.UNKNOWN:
        raise HTTPException(404, _UNKNOWN_MESSAGE)
    if answer is RetryOutcome.NO_AUDIO:
        raise HTTPException(410, _NO_AUDIO_MESSAGE)
    log.info("an utterance is tried again utterance=%s stage=%s by=%s", utterance_id, answer, name)
    return Queued(stage=Stage(answer))


@router.delete("/dead/{utterance_id}", status_code=204, summary="Dismiss an utterance")
async def dismiss(request: Request, utterance_id: _Utterance, name: _Admin) -> None:
    """Dismiss an utterance that was given up. It stays failed, and its audio is removed."""
    backend = _Backend(request)
    if not await backend.run(backend.dashboard.dismiss, utterance_id):
        raise HTTPException(404, _UNKNOWN_MESSAGE)
    log.info("an utterance was dismissed utterance=%s by=%s", utterance_id, name)
