"""`/v1/listen`: one WebSocket connection of a client that knows Deepgram's protocol.

The session behind it is everybody's: this only translates. What is wrong with the request is said before the socket
opens, with an HTTP status, as Deepgram does.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketState

from fastapi_service.deepgram import messages
from fastapi_service.deepgram.answers import DeepgramAnswers
from fastapi_service.deepgram.query import ListenQuery, credential
from fastapi_service.sessions.admission import admit
from fastapi_service.sessions.connection import Connection
from fastapi_service.sessions.frame_reader import Frame, FrameReader
from fastapi_service.sessions.live_session import LiveSession
from fastapi_service.sessions.message_writer import MessageWriter
from fastapi_service.sessions.work_queue import Item
from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.messages import Error, Finalize, Keepalive, Stop, parse_server
from wta.messages.base import Message
from wta.names import CloseCode

_CLOSE_CODES = {CloseCode.BAD_MESSAGE: 1008, CloseCode.UNAUTHORIZED: 1008, CloseCode.IDLE: 1011}
"""Of docs/protocol.md → what a client of Deepgram's knows; 1000, 1012 and 1013 are the same."""
_STATUSES = {CloseCode.BAD_MESSAGE: (400, "Bad Request"), CloseCode.UNAUTHORIZED: (401, "INVALID_AUTH")}
_BUSY = (503, "Service Unavailable")
_LONGEST_REASON_BYTES = 123


class DeepgramConnection(Connection):
    """Opens a session, runs it, and closes the socket, in Deepgram's words."""

    async def _greet(self) -> None:
        """Not yet: what is wrong is said as an HTTP status."""

    async def _converse(self) -> None:
        query = ListenQuery.of(self._websocket.query_params)
        authorized, token, protocol = self._identify()
        start = query.start(token)
        session, ready = await self._server.threads.run(admit, self._server, start, authorized)
        headers = [(b"dg-request-id", session.session_id.encode())]
        await self._websocket.accept(protocol, headers)
        self._began = True
        settings = self._server.settings
        frame_reader = DeepgramFrameReader(self._websocket, settings.max_frame_bytes)
        answers = DeepgramAnswers(query, session.session_id, ready.models.stt)
        self._writer = DeepgramMessageWriter(self._websocket, settings.send_timeout_s, answers)
        running = LiveSession(
            self._server, session, start, frame_reader, self._writer, max_strikes=float("inf")
        )  # These clients know of no window: they are paced.
        await running.run()

    def _identify(self) -> tuple[bool, str | None, str | None]:
        """Whether it has an API key, else the token it has instead, and the subprotocol to accept."""
        scheme, secret, protocol = credential(
            self._websocket.headers.get("authorization", ""), self._websocket.scope.get("subprotocols", [])
        )
        credentials = self._server.credentials
        if scheme == "bearer" and credentials.keys.owner(secret) is None:
            return False, secret, protocol
        return bool(credentials.keys and secret and credentials.check_key(secret)), None, protocol

    async def _close(self, code: int, last: Error | None = None) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTING and last is not None:
            self._server.metrics.closed.labels(str(code)).inc()
            await self._websocket.send_denial_response(_denial(code, last))
        else:
            await super()._close(code, last)


def _denial(code: int, error: Error) -> JSONResponse:
    status, name = _STATUSES.get(code, _BUSY)
    text = error.message
    return JSONResponse(
        {"err_code": name, "err_msg": text}, status, {"dg-error": text.encode("ascii", "replace").decode()}
    )


class DeepgramFrameReader(FrameReader):
    """Audio may be split anywhere, even within a sample."""

    _odd = b""
    _stopped = False

    async def next(self, timeout_s: float | None) -> Frame:
        frame = await super().next(timeout_s)
        if self._stopped:
            return Keepalive()  # what comes after `CloseStream` is passed over
        self._stopped = isinstance(frame, Stop)
        return frame

    def _audio(self, audio: bytes) -> Frame:
        self._check_size(len(audio))
        if not audio:
            return Stop()  # an older way of saying it
        audio = self._odd + audio
        whole = len(audio) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
        self._odd = audio[whole:]
        return audio[:whole]

    def _message(self, text: str) -> Frame:
        self._check_size(len(text))
        try:
            message = messages.parse_client(text)
        except ValidationError as error:
            raise ProtocolError("bad_message", "This server knows KeepAlive, Finalize and CloseStream.") from error
        match message:
            case messages.KeepAlive():
                return Keepalive()
            case messages.Finalize():
                return Finalize()
            case messages.CloseStream():
                return Stop()


class DeepgramMessageWriter(MessageWriter):
    """Says what `DeepgramAnswers` makes of it."""

    def __init__(self, websocket: WebSocket, timeout_s: float, answers: DeepgramAnswers) -> None:
        super().__init__(websocket, timeout_s)
        self._answers = answers

    async def send(self, message: Message | str) -> None:
        await self._send_all(self._answers.answers_to(parse_server(message) if isinstance(message, str) else message))

    async def replied_to(self, item: Item) -> None:
        await self._send_all(self._answers.after(item))

    async def close(self, code: int, last: Message | None = None) -> None:
        await super().close(_CLOSE_CODES.get(code, code), last)

    async def _send_all(self, answers: Iterable[Message]) -> None:
        # Made before anything is waited for: what two tasks say comes in the order in which it was made.
        for answer in list(answers):
            await super().send(answer)
