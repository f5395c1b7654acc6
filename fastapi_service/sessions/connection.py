"""One WebSocket connection, from its handshake to its close. docs/protocol.md specifies its messages."""

from __future__ import annotations

import logging

import redis
from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.access.client_address import client_host
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import admit, check_origin
from fastapi_service.sessions.frame_reader import FrameReader
from fastapi_service.sessions.live_session import LiveSession
from fastapi_service.sessions.message_writer import MessageWriter, SlowReaderError
from wta.errors import ClientError, LedgerWentBackError, ProtocolError, SessionDeletedError, SessionFencedError
from wta.keys import bearer
from wta.messages import Error, Start
from wta.names import CloseCode

log = logging.getLogger(__name__)


class Connection:
    """Opens a session, runs it, and closes the socket with a code and a message that explain why."""

    def __init__(self, websocket: WebSocket, server: ServerState) -> None:
        self._websocket = websocket
        self._server = server
        self._frame_reader = FrameReader(websocket, server.settings.max_frame_bytes)
        self._writer = MessageWriter(websocket, server.settings.send_timeout_s)
        self._began = False
        """Whether the client has a session that it can resume."""

    async def run(self) -> None:
        """Serve the connection from its handshake to its close. Raises nothing."""
        try:
            await self._greet()
            check_origin(self._websocket.headers, self._server)
            with self._server.slots.acquire(client_host(self._websocket)):
                await self._converse()
        except (WebSocketDisconnect, SlowReaderError) as error:
            log.debug("the client is gone: %r", error)
            await self._close(CloseCode.RESTART)
        except Exception as error:
            await self._close_for(error)
        else:
            await self._close(CloseCode.DONE)

    async def _greet(self) -> None:
        """Accept the socket before any check. Only an accepted socket can carry a message that explains a refusal."""
        await self._websocket.accept()

    async def _converse(self) -> None:
        owner = self._owner()
        start = await self._start()
        host = client_host(self._websocket)
        session, ready = await self._server.threads.run(admit, self._server, start, owner, host)
        self._began = True
        await self._writer.send(ready)
        await LiveSession(self._server, session, start, self._frame_reader, self._writer).run()

    def _owner(self) -> str | None:
        """Return the name of the API key that the handshake has, if it has one. Raises RefusedError if it is wrong.

        Programs can send a key with the handshake; browsers cannot.
        """
        key, credentials = bearer(self._websocket.headers.get("authorization", "")), self._server.credentials
        return credentials.check_key(key) if credentials.keys and key else None

    async def _owner_of(self, credential: str) -> str | None:
        """Return the name of an API key's owner, or of the one with whose key a token was made; None without keys.

        Raises RefusedError if it is neither key nor token, and the server has keys.
        """
        credentials = self._server.credentials
        return await self._server.threads.run(credentials.authenticate, credential) if credentials.keys else None

    async def _start(self) -> Start:
        frame = await self._frame_reader.next(self._server.settings.start_timeout_s)
        if isinstance(frame, bytes):
            raise ProtocolError("audio_before_start", "The first message must be `start`; audio comes after `ready`.")
        if not isinstance(frame, Start):
            raise ProtocolError("bad_message", "The first message must be `start`.")
        return frame

    async def _close_for(self, error: Exception) -> None:
        match error:
            case ClientError():
                code, last = error.close_code, Error(code=error.code, message=str(error), retryable=error.retryable)
            case SessionDeletedError():
                code, last = CloseCode.BAD_MESSAGE, Error(code="deleted", message=str(error), retryable=False)
            case SessionFencedError():
                code, last = CloseCode.BAD_MESSAGE, Error(code="taken_over", message=str(error), retryable=False)
            case redis.RedisError() | LedgerWentBackError():
                log.warning("Redis does not answer, or has lost something: %s", error)
                code = CloseCode.RESTART if self._began else CloseCode.FULL
                last = Error(code="unavailable", message="The server's store is away. Trying again.", retryable=True)
            case _:
                log.error("a connection failed", exc_info=error)
                code = CloseCode.RESTART if self._began else CloseCode.FULL
                last = Error(code="unavailable", message="Something went wrong here. Trying again.", retryable=True)
        await self._close(code, last)

    async def _close(self, code: int, last: Error | None = None) -> None:
        self._server.metrics.closed.labels(str(code)).inc()
        if last is not None:
            self._server.errors[last.code] += 1
        await self._writer.close(code, last)
