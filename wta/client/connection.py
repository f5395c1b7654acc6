"""Opens one WebSocket connection and says hello, or tells in words why that failed."""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from wta.client.errors import ServerAwayError
from wta.errors import ProtocolError
from wta.messages import Error, Ready, Start, parse_server
from wta.names import CloseCode

OPEN_TIMEOUT_S = 10.0
_PING_INTERVAL_S = 10.0
_PING_TIMEOUT_S = 15.0
_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_FINAL_CODES = (CloseCode.BAD_MESSAGE, CloseCode.UNAUTHORIZED)
_REFUSALS = (400, 401, 403, 404, 405, 426)


async def open_connection(url: str, start: Start, key: str | None = None) -> tuple[ClientConnection, Ready]:
    """Connect, with an API key where the server wants one, send `start` and wait for `ready`.

    Returns the open connection and the server's `ready`. Raises ServerAwayError where trying again can help, and
    ProtocolError where it cannot.
    """
    socket = await _connect(url, key)
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            await socket.send(start.to_json())
            return socket, await _greeting(socket)
    except TimeoutError as error:
        await socket.close()
        raise ServerAwayError(f"The server at {url} does not answer.") from error
    except BaseException:
        await socket.close()
        raise


def check_close(code: int | None, last: Error | None) -> None:
    """Return if resuming can help after a connection that ended so. Raises ProtocolError where it cannot.

    Args:
        code: close code of the WebSocket; None where there was none.
        last: the last error that concerned the whole connection.
    """
    if last is not None and not last.retryable:
        raise ProtocolError(last.code, last.message, code or CloseCode.BAD_MESSAGE)
    if last is None and code in _FINAL_CODES:
        raise ProtocolError("bad_message", f"The server ended the connection with code {code}.", code)


async def _connect(url: str, key: str | None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        return await connect(
            url, additional_headers=headers, compression=None, open_timeout=OPEN_TIMEOUT_S,
            ping_interval=_PING_INTERVAL_S, ping_timeout=_PING_TIMEOUT_S, max_size=_MAX_MESSAGE_BYTES,
            proxy=None if _is_local(url) else True,
        )  # fmt: skip
    except InvalidURI as error:
        raise ProtocolError("bad_message", f"Not a WebSocket address: {url}") from error
    except InvalidStatus as error:
        status = error.response.status_code
        words = f"The server at {url} refuses the connection (HTTP {status})."
        if status in _REFUSALS:
            raise ProtocolError("bad_message", words) from error
        raise ServerAwayError(words) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise ServerAwayError(f"No server answers at {url} ({_reason(error)}).") from error


async def _greeting(socket: ClientConnection) -> Ready:
    last: Error | None = None
    try:
        async for frame in socket:
            message = parse_server(frame)
            if isinstance(message, Ready):
                return message
            if isinstance(message, Error):
                last = message
    except ConnectionClosed:
        pass
    except ValidationError as error:
        raise ProtocolError("bad_message", "What answers there does not speak this protocol.") from error
    check_close(socket.close_code, last)
    raise ServerAwayError(last.message if last else f"The server closed the connection (code {socket.close_code}).")


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return str(error) or type(error).__name__


def _is_local(url: str) -> bool:
    """Whether this address is on this machine, so that the environment's proxy must not be asked."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
