"""What a proxy in front says of a request: whose it is, by which protocol it came, and under which name it was asked.

Only proxies of WTA_FORWARDED_ALLOW_IPS are believed. AllowedHosts has checked the request's own Host before: a page
that had a name of its own point here can send X-Forwarded-Host as well, but no other Host.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_HOST = "x-forwarded-host"


class TrustedProxies:
    """ASGI middleware that puts what a trusted proxy forwards (-Host, -Proto, -For) in the place of the proxy's own."""

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        # uvicorn's middleware knows the address and the protocol. By then the proxy's own address is gone, so that the
        # name is looked at before.
        self._address_and_protocol = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and self._is_trusted(scope):
            scope = _asked_by_name(scope)
        await self._address_and_protocol(scope, receive, send)  # type: ignore[arg-type]

    def _is_trusted(self, scope: Scope) -> bool:
        address, _ = scope.get("client") or (None, 0)
        return address in self._address_and_protocol.trusted_hosts


def _asked_by_name(scope: Scope) -> Scope:
    """The scope with the name that the client asked for. Where proxies stand in a row, the first has said it first."""
    name = Headers(scope=scope).get(_HOST, "").partition(",")[0].strip()
    if not name:
        return scope
    scope = {**scope, "headers": list(scope["headers"])}
    MutableHeaders(scope=scope)["host"] = name
    return scope
