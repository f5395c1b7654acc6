"""Names under which the service may be asked for: another site's name that points here must reach nothing.

A page of `evil.example` may have that name resolve to 127.0.0.1 (DNS rebinding). Its requests then look like those of
our own page, because Origin and Host are the same. But nobody has given this server that name.
"""

from __future__ import annotations

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from fastapi_service.access.refused_names import RefusedNames, shown
from fastapi_service.access.server_names import allowed_hosts, host_name, is_allowed

_WORDS = "This server does not know itself by this name. Its operator can allow it"


class AllowedHosts:
    """ASGI middleware for HTTP and WebSockets."""

    def __init__(self, app: ASGIApp, setting: str) -> None:
        """`setting`: WTA_ALLOWED_HOSTS."""
        self._app = app
        self._names = allowed_hosts(setting)
        self._refused = RefusedNames("WTA_ALLOWED_HOSTS", setting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "") if scope["type"] in {"http", "websocket"} else ""
        if is_allowed(host, self._names):
            await self._app(scope, receive, send)
        else:
            name = shown(host_name(host))
            self._refused.tell(name)
            await _refusal(scope["type"], name)(scope, receive, send)


def _refusal(kind: str, name: str | None) -> ASGIApp:
    if kind == "websocket":
        return WebSocketClose(code=1008, reason=_WORDS)
    return PlainTextResponse(f"{_WORDS}: WTA_ALLOWED_HOSTS={name or '…'}\n", 421)
