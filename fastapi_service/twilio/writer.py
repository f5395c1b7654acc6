"""What Twilio is sent: nothing but a close frame, because it has no message for results."""

from __future__ import annotations

from fastapi_service.sessions.message_writer import STANDARD_CLOSE_CODES, MessageWriter
from wta.messages import Error
from wta.messages.base import Message

_LONGEST_REASON_BYTES = 123
"""Source: RFC 6455, 5.5."""


class SilentWriter(MessageWriter):
    """Says only why a connection ends, in the reason of the close frame. Twilio shows it in its debugger."""

    async def send(self, message: Message | str) -> None:
        """Send nothing."""

    async def close(self, code: int, last: Message | None = None, reason: str = "") -> None:
        words = last.message if isinstance(last, Error) else reason
        text = words.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore")
        await super().close(STANDARD_CLOSE_CODES.get(code, code), None, text)
