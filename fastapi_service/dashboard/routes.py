"""The dashboard's HTTP side: signing in, the figures, and what can be done about utterances that were given up."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from fastapi_service.api.dependencies import UNAVAILABLE, problem, server_state
from fastapi_service.dashboard.admins import TOKEN_TTL_S, Admins
from fastapi_service.dashboard.snapshot import Dashboard, DashboardSnapshot
from wta.ledger import RetryOutcome
from wta.names import Stage

log = logging.getLogger(__name__)

_ANSWERS = (
    problem(401, "Not signed in.", "Sign in with an admin key.")
    | problem(404, "Not known; or no admin key is configured.", "This utterance is not given up (any more).")
    | UNAVAILABLE
)
_TOO_MANY = problem(429, "Too many wrong keys.", "Too many wrong keys came from your address. Try again in 40 s.")
_NO_AUDIO = problem(
    410, "Its audio is no longer kept.", "Its audio is no longer kept: there is nothing to be heard again."
)
_Key = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(scheme_name="admin_key", auto_error=False))]
_Token = Annotated[
    HTTPAuthorizationCredentials | None, Security(HTTPBearer(scheme_name="dashboard_token", auto_error=False))
]


class SignedIn(BaseModel):
    """The credential for everything else here."""

    token: str
    expires_in_s: int
    name: str
    """Whose key it was."""


class Queued(BaseModel):
    """What becomes of an utterance that is tried again."""

    stage: Stage
    """What it waits for: AUDIO for a speech worker, TEXT for a sentiment worker."""


class _Access:
    """What the routes below work with."""

    def __init__(self, request: Request) -> None:
        """Raises HTTPException where no admin key is configured: then there is no dashboard."""
        self.admins: Admins = request.app.state.admins
        self.dashboard: Dashboard = request.app.state.dashboard
        self.run = server_state(request).threads.run
        if not self.admins:
            raise HTTPException(404, "This server has no admin key, so its dashboard shows nothing.")


async def _admin(request: Request, token: _Token) -> str:
    """Whose token it is. Raises NotSignedInError."""
    access = _Access(request)
    return await access.run(access.admins.check, token.credentials if token else "")


_Admin = Annotated[str, Depends(_admin)]
_Utterance = Annotated[
    str, Path(description="Of an utterance that was given up.", pattern="^[0-9a-f]{16}:[1-9][0-9]{0,8}$")
]
router = APIRouter(prefix="/api/dashboard", tags=["dashboard"], responses=_ANSWERS)


@router.post("/session", status_code=201, summary="Sign in", responses=_TOO_MANY)
async def sign_in(request: Request, key: _Key) -> SignedIn:
    """A token for the dashboard. Needs an admin key."""
    access = _Access(request)
    host = request.client.host if request.client else None
    token = await access.run(access.admins.sign_in, key.credentials if key else "", host)
    name = await access.run(access.admins.check, token)
    log.info("signed in to the dashboard name=%s", name)
    return SignedIn(token=token, expires_in_s=TOKEN_TTL_S, name=name)


@router.delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request, _: _Admin, token: _Token) -> None:
    """The token is good for nothing any more."""
    access = _Access(request)
    await access.run(access.admins.sign_out, token.credentials if token else "")


@router.get("", summary="All figures", response_model=DashboardSnapshot)
async def snapshot(request: Request, _: _Admin) -> Response:
    """All figures, of all web processes together, at most a second old."""
    access = _Access(request)
    found = await access.run(access.dashboard.snapshot_json)
    return Response(found, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/dead/{utterance_id}/retry", status_code=202, summary="Try an utterance again", responses=_NO_AUDIO)
async def retry(request: Request, utterance_id: _Utterance, name: _Admin) -> Queued:
    """Have an utterance that was given up tried again, as often as a new one."""
    access = _Access(request)
    answer = await access.run(access.dashboard.retry, utterance_id)
    if answer is RetryOutcome.UNKNOWN:
        raise HTTPException(404, "This utterance is not given up (any more).")
    if answer is RetryOutcome.NO_AUDIO:
        raise HTTPException(410, "Its audio is no longer kept: there is nothing to be heard again.")
    log.info("tried again utterance=%s stage=%s by=%s", utterance_id, answer, name)
    return Queued(stage=Stage(answer))


@router.delete("/dead/{utterance_id}", status_code=204, summary="Let an utterance rest")
async def dismiss(request: Request, utterance_id: _Utterance, name: _Admin) -> None:
    """Let it rest: it stays failed, and its audio is removed."""
    access = _Access(request)
    if not await access.run(access.dashboard.dismiss, utterance_id):
        raise HTTPException(404, "This utterance is not given up (any more).")
    log.info("dismissed utterance=%s by=%s", utterance_id, name)
