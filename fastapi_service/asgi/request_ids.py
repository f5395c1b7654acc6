"""An id for every HTTP answer, which a user can name and a log can be searched for."""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"


class RequestIds:
    """ASGI middleware that adds `x-request-id` to every HTTP answer that has none.

    A route that opens a session gives the session's id, which is the one in the logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(HEADER, f"req-{secrets.token_hex(8)}")
            await send(message)

        await self._app(scope, receive, send_with_id if scope["type"] == "http" else send)
