"""Sends a session's messages to a client of OpenAI's Realtime API."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.websockets import WebSocket

from fastapi_service.realtime.answers import RealtimeAnswers
from fastapi_service.realtime.server_events import ServerEvent
from fastapi_service.sessions.message_writer import STANDARD_CLOSE_CODES, MessageWriter
from fastapi_service.sessions.work_queue import Item
from wta.messages import parse_server
from wta.messages.base import Message


class RealtimeMessageWriter(MessageWriter):
    """Sends, instead of each message, what `RealtimeAnswers` makes of it."""

    def __init__(self, websocket: WebSocket, timeout_s: float, answers: RealtimeAnswers) -> None:
        super().__init__(websocket, timeout_s)
        self._answers = answers

    async def send(self, message: Message | str) -> None:
        known = parse_server(message) if isinstance(message, str) else message
        await self._send_all(self._answers.answers_to(known))

    async def send_event(self, event: ServerEvent) -> None:
        """Send an event as it is."""
        await super().send(event)

    async def replied_to(self, item: Item) -> None:
        await self._send_all(self._answers.after(item))

    async def close(self, code: int, last: Message | None = None, reason: str = "") -> None:
        await super().close(STANDARD_CLOSE_CODES.get(code, code), last, reason)

    async def _send_all(self, events: Iterable[ServerEvent]) -> None:
        # All events are made before the first is sent, so that two tasks send theirs in the order of making.
        for event in list(events):
            await super().send(event)
