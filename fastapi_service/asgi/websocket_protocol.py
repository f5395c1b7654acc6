"""uvicorn's WebSocket protocol, with two faults corrected that a client would notice.

An unreadable frame is answered with a message before the socket closes, and a socket that is closing cannot stay open
because its client does not read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode as StandardCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from fastapi_service.asgi.dialects import dialect_of
from fastapi_service.sessions.frame_reader import too_large
from wta.errors import ProtocolError

_LINGER_S = 5.0
"""How long a socket may take to close before it is cut off."""


class _ServerProtocol(ServerProtocol):
    _dialect = dialect_of("")

    def accept(self, request: Request) -> Response:
        """Set the limits by the path: they hold before a frame is in memory."""
        self._dialect = dialect_of(request.path.partition("?")[0])
        self.max_message_size = self._dialect.max_frame_bytes or self.max_message_size
        return super().accept(request)

    def fail(self, code: int, reason: str = "") -> None:
        """Send an `error` message before the connection is closed for a frame that cannot be read."""
        error = {
            StandardCode.MESSAGE_TOO_BIG: too_large(self.max_message_size or 0),
            StandardCode.INVALID_DATA: ProtocolError("bad_message", "Text frames are UTF-8."),
        }.get(StandardCode(code))
        if error is not None and self.state is State.OPEN:
            code, reason = self._dialect.close_code or error.close_code, self._dialect.close_reason
            self.send_text(self._dialect.in_words(error).to_json().encode())
        super().fail(code, reason)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Closes a socket so that its client gets the last message, and within a few seconds.

    After a frame that cannot be read, everything that follows is discarded until the client has read the error.
    Closing at once would reset the connection, and the error would be lost. A client that does not read at all is cut
    off.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _ServerProtocol(max_size=self.config.ws_max_size, logger=self.logger)
        self.close_timeout = _LINGER_S
        self._failed = False

    def data_received(self, data: bytes) -> None:
        if not self._failed:
            super().data_received(data)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.conn.fail(StandardCode.INVALID_DATA)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        # With `disconnected` set, sending fails in the application as it does when the client is gone.
        self._failed = self.close_sent = self.disconnected = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": StandardCode.ABNORMAL_CLOSURE})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self._abort_later()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.disconnected = True
        self._abort_later()

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_later()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._abort_later()

    def _abort_later(self) -> asyncio.TimerHandle:
        return self.loop.call_later(_LINGER_S, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
