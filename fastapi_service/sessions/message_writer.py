"""The sending side of a WebSocket: whole messages, one after the other, each within a time-out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.sessions.work_queue import Item
from wta.errors import WtaError
from wta.messages.base import Message


class SlowReaderError(WtaError):
    """The client has not taken a message within the send time-out."""


class MessageWriter:
    """Safe to use from several tasks."""

    def __init__(self, websocket: WebSocket, timeout_s: float) -> None:
        self._websocket = websocket
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    async def send(self, message: Message | str) -> None:
        """Send a message, or its JSON. Raises SlowReaderError, WebSocketDisconnect."""
        text = message if isinstance(message, str) else message.to_json()
        async with self._lock:
            await self._in_time(self._websocket.send_text(text))

    async def replied_to(self, item: Item) -> None:
        """Called when all immediate replies to `item` have been sent. Deepgram's dialect needs it."""

    async def close(self, code: int, last: Message | None = None) -> None:
        """Send `last`, then close. A client that is gone already is no error."""
        try:
            if last is not None:
                await self.send(last)
            await self._in_time(self._websocket.close(code))
        except (SlowReaderError, WebSocketDisconnect, RuntimeError):
            pass  # Starlette raises RuntimeError for a socket that was closed meanwhile.

    async def _in_time(self, sending: Awaitable[None]) -> None:
        try:
            # Not wait_for: before Python 3.12 it can swallow a cancellation.
            async with asyncio.timeout(self._timeout_s):
                await sending
        except TimeoutError as error:
            raise SlowReaderError from error
