"""Bounds of request bodies, kept before any route sees the request: by announced and received bytes, and by time."""

from __future__ import annotations

import asyncio

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 65_536
BODY_TIMEOUT_S = 10.0


class BodyLimits:
    """ASGI middleware. Small bodies are read whole before the application is called.

    Args:
        uploads: beginnings of paths that take files. Their routes check credentials before they read, and have bounds
            of their own; where one answers without having read everything, the connection is closed.
    """

    def __init__(self, app: ASGIApp, uploads: tuple[str, ...]) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(self._uploads):
            await self._upload(scope, receive, send)
        else:
            await self._small(scope, receive, send)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        body = None
        if length.isdecimal() and int(length) <= MAX_BODY_BYTES:
            try:
                async with asyncio.timeout(BODY_TIMEOUT_S):
                    body = await _read(receive)
            except TimeoutError:
                await _refuse(408, "The request took too long to arrive.", scope, receive, send)
                return
        if body is None:
            words = f"A request here may have at most {MAX_BODY_BYTES} bytes."
            await _refuse(413, words, scope, receive, send)
            return
        await self._app(scope, _Replay(body, receive), send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = False

        async def receive_part() -> Message:
            nonlocal whole
            message = await receive()
            whole = whole or not message.get("more_body", False)
            return message

        async def send_part(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive_part, send_part)


class _Replay:
    """Gives the body once, then what else comes (a disconnect)."""

    def __init__(self, body: list[Message], receive: Receive) -> None:
        self._body = body
        self._receive = receive

    async def __call__(self) -> Message:
        return self._body.pop(0) if self._body else await self._receive()


async def _read(receive: Receive) -> list[Message] | None:
    """The messages of a whole body, or None where it is too large."""
    messages, size = [], 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return messages


async def _refuse(status: int, words: str, scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"detail": words}, status, {"Connection": "close"})(scope, receive, send)
