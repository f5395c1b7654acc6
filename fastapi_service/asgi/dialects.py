"""What each WebSocket's protocol says of a frame that cannot be read, and how large its frames may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi_service.deepgram.frame_reader import MAX_FRAME_BYTES as DEEPGRAM_BYTES
from fastapi_service.deepgram.messages import Failure
from fastapi_service.realtime.event_error import EventError
from fastapi_service.realtime.frame_reader import MAX_FRAME_BYTES as REALTIME_BYTES
from fastapi_service.realtime.server_events import Problem
from wta.errors import ProtocolError
from wta.messages import Error
from wta.messages.base import Message


@dataclass(frozen=True)
class Dialect:
    """The protocol of one WebSocket, as far as it concerns frames that the application never gets."""

    in_words: Callable[[ProtocolError], Message]
    """Makes the message that says what is wrong."""
    max_frame_bytes: int | None = None
    """None: as the server is set (`WTA_MAX_FRAME_BYTES`)."""
    close_code: int | None = None
    """None: the error's own."""
    close_reason: str = ""


def dialect_of(path: str) -> Dialect:
    """Return the dialect of a WebSocket at this path, which may have a proxy's prefix."""
    return next((dialect for end, dialect in _DIALECTS.items() if path.endswith(end)), _OWN)


_OWN = Dialect(lambda error: Error(code=error.code, message=str(error), retryable=False))
_DIALECTS = {
    "/v1/listen": Dialect(
        lambda error: Failure(variant=error.code, description=str(error)), DEEPGRAM_BYTES, 1008, "DATA-0000"
    ),
    "/v1/realtime": Dialect(lambda error: Problem.of(EventError(str(error), error.code)), REALTIME_BYTES, 1008),
}
