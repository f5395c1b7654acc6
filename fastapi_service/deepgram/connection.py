"""A WebSocket connection of a client that speaks Deepgram's protocol, at `/v1/listen`.

The session behind it is like any other; only its messages are translated. As with Deepgram, a faulty request is
refused with an HTTP status before the socket opens.
"""

from __future__ import annotations

import secrets

from starlette.responses import JSONResponse
from starlette.websockets import WebSocketState

from fastapi_service.access.client_address import client_host
from fastapi_service.api.exception_handlers import RETRY_AFTER_S
from fastapi_service.deepgram.answers import DeepgramAnswers
from fastapi_service.deepgram.frame_reader import MAX_FRAME_BYTES, DeepgramFrameReader
from fastapi_service.deepgram.message_writer import DeepgramMessageWriter
from fastapi_service.deepgram.query import ListenQuery, credential
from fastapi_service.sessions.admission import admit
from fastapi_service.sessions.connection import Connection
from fastapi_service.sessions.live_session import LiveSession
from wta.messages import Error
from wta.names import CloseCode

_STATUSES = {CloseCode.BAD_MESSAGE: (400, "Bad Request"), CloseCode.UNAUTHORIZED: (401, "INVALID_AUTH")}
"""The HTTP status and `err_code` of a refusal, by the close code of docs/protocol.md."""
_BUSY = (503, "Service Unavailable")
"""The HTTP status and `err_code` of every other refusal."""
_TOO_MANY = (429, "TOO_MANY_REQUESTS")
"""The HTTP status and `err_code` for who opens sessions too quickly."""


class DeepgramConnection(Connection):
    """Opens a session, runs it, and closes the socket, with Deepgram's messages and codes."""

    async def _greet(self) -> None:
        """Do not accept the socket yet, so that a faulty request can be refused with an HTTP status."""

    async def _converse(self) -> None:
        query = ListenQuery.of(self._websocket.query_params.multi_items())
        owner, token, protocol = self._identify()
        start, host = query.start(token), client_host(self._websocket)
        session, ready = await self._server.threads.run(admit, self._server, start, owner, host)
        # With the resume token the client can read and delete the session (docs/deepgram.md).
        tokens = {"dg-request-id": session.session_id, "dg-resume-token": session.resume_token}
        headers = [(name.encode(), value.encode()) for name, value in tokens.items()]
        await self._websocket.accept(protocol, headers)
        self._began = True
        settings = self._server.settings
        frame_reader = DeepgramFrameReader(self._websocket, MAX_FRAME_BYTES)
        model, server = ready.models.stt, self._server
        answers = DeepgramAnswers(query, session.session_id, model, lambda: server.sentiment_away)
        self._writer = DeepgramMessageWriter(self._websocket, settings.send_timeout_s, answers)
        # Deepgram's clients know of no window. One that is too fast is read more slowly, and never closed for it.
        await LiveSession(self._server, session, start, frame_reader, self._writer, max_strikes=float("inf")).run()

    def _identify(self) -> tuple[str | None, str | None, str | None]:
        """Return the name of the client's API key, the token that it may have instead, and the subprotocol to accept.

        Raises RefusedError if it has a wrong key.
        """
        scheme, secret, protocol = credential(
            self._websocket.headers.get("authorization", ""), self._websocket.scope.get("subprotocols", [])
        )
        credentials = self._server.credentials
        if scheme == "bearer" and credentials.keys.owner(secret) is None:
            return None, secret, protocol
        return credentials.check_key(secret) if credentials.keys and secret else None, None, protocol

    async def _close(self, code: int, last: Error | None = None) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTING and last is not None:
            self._server.metrics.closed.labels(str(code)).inc()
            await self._websocket.send_denial_response(_denial(code, last))
        else:
            await super()._close(code, last)


def _denial(code: int, error: Error) -> JSONResponse:
    status, name = _TOO_MANY if error.code == "too_many_sessions" else _STATUSES.get(code, _BUSY)
    text, request_id = error.message, secrets.token_hex(8)
    headers = {"dg-error": text.encode("ascii", "replace").decode(), "dg-request-id": request_id}
    if status == _BUSY[0]:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse({"err_code": name, "err_msg": text, "request_id": request_id}, status, headers)
