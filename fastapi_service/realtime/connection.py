"""A WebSocket connection of a client of OpenAI's Realtime API, at `/v1/realtime`.

The session behind it is like any other; only its messages are translated. It begins with the first audio, because only
then it is known what the audio is. As with OpenAI, a request that cannot be served is refused with an HTTP status.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.websockets import WebSocketState

from fastapi_service.access.client_address import client_host
from fastapi_service.openai.errors import RequestError, error_response
from fastapi_service.realtime.answers import RealtimeAnswers
from fastapi_service.realtime.frame_reader import RealtimeFrameReader
from fastapi_service.realtime.message_writer import RealtimeMessageWriter
from fastapi_service.realtime.server_events import SessionEvent, SessionOpened
from fastapi_service.realtime.session_config import SessionConfig
from fastapi_service.sessions.admission import admit, check_load
from fastapi_service.sessions.connection import Connection
from fastapi_service.sessions.live_session import LiveSession
from wta.keys import bearer
from wta.names import CloseCode

_KEY_PROTOCOL = "openai-insecure-api-key."
_PROTOCOL = "realtime"
_INTENT = "This server transcribes only: intent=transcription."


class RealtimeConnection(Connection):
    """Opens a session, runs it, and closes the socket, with events and codes of OpenAI's."""

    async def _greet(self) -> None:
        """Do not accept the socket yet, so that a request can be refused with an HTTP status."""

    async def _converse(self) -> None:
        if self._websocket.query_params.get("intent", "transcription") != "transcription":
            raise RequestError(400, _INTENT, "intent")
        offered = self._websocket.scope.get("subprotocols", [])
        owner = await self._owner_of(bearer(self._websocket.headers.get("authorization", "")) or _key_of(offered))
        await self._server.threads.run(check_load, self._server)
        await self._websocket.accept(_PROTOCOL if _PROTOCOL in offered else None)
        await self._hear(owner)

    async def _hear(self, owner: str | None) -> None:
        server, settings = self._server, self._server.settings
        writer = RealtimeMessageWriter(
            self._websocket, settings.send_timeout_s, RealtimeAnswers(lambda: frame_reader.config)
        )
        self._writer = writer
        frame_reader = RealtimeFrameReader(self._websocket, writer, SessionConfig())
        await writer.send_event(SessionEvent(type="session.created", session=frame_reader.config))
        await frame_reader.begin(settings.idle_timeout_s)
        start, host = frame_reader.config.start(), client_host(self._websocket)
        session, _ = await server.threads.run(admit, server, start, owner, host)
        self._began = True
        await writer.send_event(SessionOpened(session_id=session.session_id, resume_token=session.resume_token))
        # These clients know of no window. One that is too fast is read more slowly, and never closed for it.
        await LiveSession(server, session, start, frame_reader, writer, max_strikes=float("inf")).run()

    async def _close_for(self, error: Exception) -> None:
        if self._websocket.application_state is not WebSocketState.CONNECTING:
            await super()._close_for(error)
            return
        self._server.metrics.closed.labels(str(getattr(error, "close_code", CloseCode.FULL))).inc()
        await self._websocket.send_denial_response(error_response(error))


def _key_of(protocols: Sequence[str]) -> str:
    """Return the key that a browser sends as a subprotocol, because it cannot send the header."""
    return next((name.removeprefix(_KEY_PROTOCOL) for name in protocols if name.startswith(_KEY_PROTOCOL)), "")
