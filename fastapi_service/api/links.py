"""Routes for read-only links: whoever has one may follow a session, on the captions page or by a program."""

from __future__ import annotations

import logging

from fastapi import APIRouter, HTTPException, Request

from fastapi_service.api.dependencies import UNAVAILABLE, UNKNOWN, ResumeToken, check_resume_token, server_state
from fastapi_service.api.schemas import Link

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/sessions/{session_id}/link", tags=["sessions"], responses=UNAVAILABLE | UNKNOWN)


@router.post("", status_code=201, summary="Make a read-only link to a session")
async def share(request: Request, session_id: str, token: ResumeToken) -> Link:
    """Make a link with which others may follow the session. An earlier link of the session ends.

    It is valid for as long as a session may last, and until it is taken back. It needs the session's resume token.
    """
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    ttl_s = int(server.settings.max_session_s)
    link = await server.threads.run(server.ledger.share, session_id, ttl_s)
    if link is None:
        raise HTTPException(404, "No such session for this token.")
    log.info("a read-only link was made session=%s", session_id)
    return Link(token=link, path=f"captions/{session_id}#{link}", expires_in_s=ttl_s)


@router.delete("", status_code=204, summary="Take the read-only link to a session back")
async def unshare(request: Request, session_id: str, token: ResumeToken) -> None:
    """End the session's link, if there is one. Whoever follows it is not served any more."""
    server = server_state(request)
    await check_resume_token(server, session_id, token)
    await server.threads.run(server.ledger.unshare, session_id)
    log.info("a read-only link was taken back session=%s", session_id)
