"""Says for which names Caddy may make a certificate of its own when somebody asks for them (deploy/caddy/Caddyfile)."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request

from fastapi_service.access.server_names import allowed_hosts, is_allowed

router = APIRouter()

_MOST = 100
"""Names an hour for which one process lets certificates be made. Whoever is on the network can invent names."""
_HOUR_S = 3600.0


class CertificateNames:
    """The names under which a server was asked for in this hour."""

    def __init__(self, setting: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`setting`: WTA_ALLOWED_HOSTS; `clock`: returns seconds."""
        self._allowed = allowed_hosts(setting)
        self._clock = clock
        self._known: set[str] = set()
        self._until = 0.0

    def admit(self, name: str) -> bool:
        """Whether the name is this server's, and one of the first hundred of this hour."""
        if not name or not is_allowed(name, self._allowed):
            return False
        if self._clock() > self._until:
            self._known, self._until = set(), self._clock() + _HOUR_S
        if len(self._known) < _MOST:
            self._known.add(name)
        return name in self._known


@router.get("/api/certificate", include_in_schema=False)
async def certificate(request: Request, domain: str = "") -> None:
    """Return 200 where Caddy may make a certificate for `domain`; 404 for who asks from outside, through a proxy."""
    names: CertificateNames = request.app.state.certificate_names
    if "x-forwarded-for" in request.headers:
        raise HTTPException(404, "Not Found")
    if not names.admit(domain):
        raise HTTPException(403, "This is no name of this server.")
