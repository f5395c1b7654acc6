"""Says for which names Caddy may make a certificate of its own when somebody asks for them (deploy/caddy/Caddyfile)."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request

from fastapi_service.access.server_names import allowed_hosts, is_allowed

router = APIRouter()

_MOST = 100
"""Names for which one process lets certificates be made. Whoever is on the network can invent names without end."""


class CertificateNames:
    """The names under which a server was asked for so far."""

    def __init__(self, setting: str) -> None:
        """`setting`: WTA_ALLOWED_HOSTS."""
        self._allowed = allowed_hosts(setting)
        self._known: set[str] = set()

    def admit(self, name: str) -> bool:
        """Whether the name or address is this server's, and either known or one of the first hundred."""
        if not name or not is_allowed(name, self._allowed):
            return False
        if len(self._known) < _MOST:
            self._known.add(name)
        return name in self._known


@router.get("/api/certificate", include_in_schema=False)
async def certificate(request: Request, domain: str = "") -> None:
    """Return 200 where Caddy may make a certificate for `domain`. Caddy passes no such request on from outside."""
    names: CertificateNames = request.app.state.certificate_names
    if not names.admit(domain):
        raise HTTPException(403, "This is no name of this server.")
