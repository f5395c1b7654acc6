"""Sends a session's messages to a client that speaks Deepgram's protocol."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.websockets import WebSocket

from fastapi_service.deepgram.answers import DeepgramAnswers
from fastapi_service.sessions.message_writer import MessageWriter
from fastapi_service.sessions.work_queue import Item
from wta.messages import parse_server
from wta.messages.base import Message
from wta.names import CloseCode

_CLOSE_CODES = {
    CloseCode.BAD_MESSAGE: 1008, CloseCode.UNAUTHORIZED: 1008, CloseCode.TOO_FAST: 1008, CloseCode.IDLE: 1011,
}  # fmt: skip
"""Close codes of docs/protocol.md, and what Deepgram's clients know instead. 1000, 1012 and 1013 stay as they are."""
_REASONS = {
    CloseCode.BAD_MESSAGE: "DATA-0000", CloseCode.UNAUTHORIZED: "INVALID_AUTH", CloseCode.TOO_FAST: "DATA-0000",
    CloseCode.IDLE: "NET-0001",
}  # fmt: skip
"""The reasons of Deepgram's close frames, by which its clients tell them apart."""


class DeepgramMessageWriter(MessageWriter):
    """Sends, instead of each message, what `DeepgramAnswers` makes of it."""

    def __init__(self, websocket: WebSocket, timeout_s: float, answers: DeepgramAnswers) -> None:
        super().__init__(websocket, timeout_s)
        self._answers = answers

    async def send(self, message: Message | str) -> None:
        await self._send_all(self._answers.answers_to(parse_server(message) if isinstance(message, str) else message))

    async def replied_to(self, item: Item) -> None:
        await self._send_all(self._answers.after(item))

    async def close(self, code: int, last: Message | None = None, reason: str = "") -> None:
        await super().close(_CLOSE_CODES.get(code, code), last, reason or _REASONS.get(code, ""))

    async def _send_all(self, answers: Iterable[Message]) -> None:
        # All answers are made before the first is sent, so that two tasks send theirs in the order of making.
        for answer in list(answers):
            await super().send(answer)
