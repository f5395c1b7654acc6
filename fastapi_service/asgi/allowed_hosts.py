"""Names under which the service may be asked for: another site's name that points here must reach nothing.

A page of `evil.example` may have that name resolve to 127.0.0.1 (DNS rebinding). Its requests then look like those of
our own page, because Origin and Host are the same. But nobody has given this server that name.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from fastapi_service.access.refused_names import RefusedNames, shown

ANY = "*"


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:  # such as `[`
        return ""


def allowed_hosts(setting: str) -> frozenset[str]:
    """The machine's own name and those of a setting, which are separated by commas."""
    return frozenset(name.strip().lower() for name in (socket.getfqdn(), *setting.split(",")) if name.strip())


def is_allowed(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this server.

    It may be an address, a name without a dot, a name below `.local` or `.localhost`, or one of `names`
    (`*.example.org` stands for every name below it, `*` for every name).
    """
    name = host_name(host)
    if "." not in name or name.endswith((".local", ".localhost")):
        return True
    if ANY in names or name in names or f"*.{name.partition('.')[2]}" in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


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


_WORDS = "This server does not know itself by this name. Its operator can allow it"
