"""Reads and checks the frames of a WebSocket. A frame is whole PCM16 samples or a client message."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.sessions.frame_budget import FrameBudget
from fastapi_service.sessions.work_queue import Discard
from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.messages import Finalize, Keepalive, Start, Stop, parse_client
from wta.names import CloseCode

Frame = bytes | Start | Finalize | Discard | Keepalive | Stop


class FrameReader:
    """Reads what a client sends, one frame at a time."""

    def __init__(self, websocket: WebSocket, max_bytes: int) -> None:
        self._websocket = websocket
        self._max_bytes = max_bytes
        self._budget = FrameBudget()

    async def next(self, timeout_s: float | None) -> Frame:
        """Wait for the next frame and return it.

        Raises ProtocolError if the frame is invalid, frames come too fast, or none comes within `timeout_s` (None: wait
        without a limit), and WebSocketDisconnect, with its close code, if the client has closed the connection.
        """
        try:
            async with asyncio.timeout(timeout_s):
                message = await self._websocket.receive()
        except TimeoutError as error:
            text = f"Nothing was heard for {timeout_s:.0f} s. Connect again when there is something to say."
            raise ProtocolError("idle", text, CloseCode.IDLE, retryable=True) from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        if self._budget.spend():
            await asyncio.sleep(0)  # what has been read already comes without a wait, so nobody else would have a turn
        audio = message.get("bytes")
        return self._message(message.get("text") or "") if audio is None else self._audio(audio)

    def _audio(self, audio: bytes) -> Frame:
        self._check_size(len(audio))
        if len(audio) % BYTES_PER_SAMPLE:
            raise ProtocolError("bad_audio", f"{len(audio)} bytes are not whole 16-bit samples.")
        return audio

    def _message(self, text: str) -> Frame:
        self._check_size(len(text))
        try:
            return parse_client(text)
        except ValidationError as error:
            raise ProtocolError("bad_message", _summary(error)) from error

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise too_large(self._max_bytes)


def too_large(max_bytes: int) -> ProtocolError:
    """Return the error for a frame of more than `max_bytes`."""
    return ProtocolError(
        "frame_too_large", f"A frame may have at most {max_bytes} bytes; 20 to 100 ms of audio are best."
    )


def _summary(error: ValidationError) -> str:
    """Describe what is wrong with a message, without repeating any of its contents."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"Not a message of this protocol: {where + ': ' if where else ''}{first['msg']}"
