"""The security headers of every HTTP response."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
_API = ("/api/", "/v1/")


class SecurityHeaders:
    """ASGI middleware that adds the headers to every HTTP response, and says how long it may be kept.

    Browsers ask again for every part of the page, so that after an update no old module meets a new one. What the API
    answers is kept nowhere.
    """

    def __init__(self, app: ASGIApp, frame_ancestors: str = "") -> None:
        """`frame_ancestors`: WTA_FRAME_ANCESTORS."""
        self._app = app
        self._headers = _HEADERS | _framing(frame_ancestors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store" if scope["path"].startswith(_API) else "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _framing(ancestors: str) -> dict[str, str]:
    """Who may show the page within theirs: nobody, or this server and the origins named."""
    if not ancestors:
        return {"Content-Security-Policy": f"{_CSP}; frame-ancestors 'none'", "X-Frame-Options": "DENY"}
    return {"Content-Security-Policy": f"{_CSP}; frame-ancestors 'self' {ancestors}"}
