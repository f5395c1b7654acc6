"""The dashboard's HTTP side: signing in, the figures, and what can be done about utterances that were given up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, TypeVar

import redis
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from fastapi_service.api.dependencies import AWAY, away, problem, services_of
from fastapi_service.dashboard.admins import TOKEN_TTL_S, NotSignedInError, TooManyGuessesError
from fastapi_service.dashboard.snapshot import Snapshot
from fastapi_service.server_state import Services
from wta.ledger import Retry
from wta.names import Stage

log = logging.getLogger(__name__)

T = TypeVar("T")
_ANSWERS = (
    problem(401, "Not signed in.", "Sign in with an admin key.")
    | problem(404, "Not known; or no admin key is configured.", "This utterance is not given up (any more).")
    | AWAY
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


def _services(request: Request) -> Services:
    """Raises HTTPException where no admin key is configured: then there is no dashboard."""
    services = services_of(request)
    if not services.admins:
        raise HTTPException(404, "This server has no admin key, so its dashboard shows nothing.")
    return services


async def _asked(services: Services, function: Callable[..., T], *args: object) -> T:
    """Run it in a thread; what it raises becomes an answer."""
    try:
        return await services.threads.run(function, *args)
    except NotSignedInError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from error
    except TooManyGuessesError as error:
        raise HTTPException(429, str(error), {"Retry-After": str(error.retry_after_s)}) from error
    except redis.RedisError as error:
        raise away() from error


async def _admin(request: Request, token: _Token) -> str:
    services = _services(request)
    return await _asked(services, services.admins.check, token.credentials if token else "")


_Admin = Annotated[str, Depends(_admin)]
_Utterance = Annotated[
    str, Path(description="Of an utterance that was given up.", pattern="^[0-9a-f]{16}:[1-9][0-9]{0,8}$")
]
router = APIRouter(prefix="/api/dashboard", tags=["dashboard"], responses=_ANSWERS)


@router.post("/session", status_code=201, summary="Sign in", responses=_TOO_MANY)
async def sign_in(request: Request, key: _Key) -> SignedIn:
    """A token for the dashboard. Needs an admin key."""
    services = _services(request)
    host = request.client.host if request.client else None
    token = await _asked(services, services.admins.sign_in, key.credentials if key else "", host)
    name = await _asked(services, services.admins.check, token)
    log.info("signed in to the dashboard name=%s", name)
    return SignedIn(token=token, expires_in_s=TOKEN_TTL_S, name=name)


@router.delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request, _: _Admin, token: _Token) -> None:
    """The token is good for nothing any more."""
    services = _services(request)
    await _asked(services, services.admins.sign_out, token.credentials if token else "")


@router.get("", summary="All figures", response_model=Snapshot)
async def snapshot(request: Request, _: _Admin) -> Response:
    """All figures, of all web processes together, at most a second old."""
    services = _services(request)
    found = await _asked(services, services.dashboard.snapshot_json)
    return Response(found, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/dead/{utterance_id}/retry", status_code=202, summary="Try an utterance again", responses=_NO_AUDIO)
async def retry(request: Request, utterance_id: _Utterance, name: _Admin) -> Queued:
    """Have an utterance that was given up tried again, as often as a new one."""
    services = _services(request)
    answer = await _asked(services, services.ledger.dead.retry, utterance_id)
    await _asked(services, services.dashboard.changed)
    if answer is Retry.UNKNOWN:
        raise HTTPException(404, "This utterance is not given up (any more).")
    if answer is Retry.NO_AUDIO:
        raise HTTPException(410, "Its audio is no longer kept: there is nothing to be heard again.")
    log.info("tried again utterance=%s stage=%s by=%s", utterance_id, answer, name)
    return Queued(stage=Stage(answer))


@router.delete("/dead/{utterance_id}", status_code=204, summary="Let an utterance rest")
async def dismiss(request: Request, utterance_id: _Utterance, name: _Admin) -> None:
    """Let it rest: it stays failed, and its audio is removed."""
    services = _services(request)
    if not await _asked(services, services.ledger.dead.dismiss, utterance_id):
        raise HTTPException(404, "This utterance is not given up (any more).")
    await _asked(services, services.dashboard.changed)
    log.info("dismissed utterance=%s by=%s", utterance_id, name)
