"""The sending side of a WebSocket. It sends whole messages, one after the other, each within a time-out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.sessions.work_queue import Item
from wta.errors import WtaError
from wta.messages.base import Message
from wta.names import CloseCode

STANDARD_CLOSE_CODES = {
    CloseCode.BAD_MESSAGE: 1008, CloseCode.UNAUTHORIZED: 1008, CloseCode.TOO_FAST: 1008, CloseCode.IDLE: 1001,
}  # fmt: skip
"""Close codes of docs/protocol.md, and those of RFC 6455 for clients of other protocols. 1000, 1012 and 1013 stay."""


class SlowReaderError(WtaError):
    """The client has not read a message within the send time-out."""


class MessageWriter:
    """Sends messages to one client. Several tasks may use it at the same time."""

    def __init__(self, websocket: WebSocket, timeout_s: float) -> None:
        self._websocket = websocket
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    async def send(self, message: Message | str) -> None:
        """Send a message, which may be given as JSON.

        Raises SlowReaderError if the client does not read, and WebSocketDisconnect if it is gone.
        """
        text = message if isinstance(message, str) else message.to_json()
        async with self._lock:
            await self._in_time(self._websocket.send_text(text))

    async def replied_to(self, item: Item) -> None:
        """Called when all immediate replies to `item` have been sent. Deepgram's dialect overrides it."""

    async def close(self, code: int, last: Message | None = None, reason: str = "") -> None:
        """Send `last`, if it is given, then close with `code`. A client that is gone already is no error."""
        try:
            if last is not None:
                await self.send(last)
            await self._in_time(self._websocket.close(code, reason))
        except (SlowReaderError, WebSocketDisconnect, RuntimeError):
            pass  # Starlette raises RuntimeError if the socket was closed in the meantime.

    async def _in_time(self, sending: Awaitable[None]) -> None:
        try:
            # asyncio.wait_for would not do here: before Python 3.12 it can swallow a cancellation.
            async with asyncio.timeout(self._timeout_s):
                await sending
        except TimeoutError as error:
            raise SlowReaderError from error
