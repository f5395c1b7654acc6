"""Reads the messages of a call, and hands its audio to a session for each track."""

from __future__ import annotations

import asyncio
import base64

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.audio import g711
from fastapi_service.sessions.frame_reader import Frame, FrameReader
from fastapi_service.twilio import messages
from fastapi_service.twilio.messages import Event, Media
from wta.errors import ProtocolError
from wta.messages import Keepalive

_WAITING_FRAMES = 100
"""How much of a track waits for its session: two seconds as Twilio sends them."""
_JITTER_MS = 100
"""A gap of this length, or less, is none."""
_LONGEST_GAP_MS = 2_000
"""A longer gap is made this long. The length of a sentence's end needs no more."""
_MS = g711.RATE_HZ // 1000


class CallReader(FrameReader):
    """Reads Twilio's messages, with the limits of every other WebSocket."""

    def __init__(self, websocket: WebSocket, max_bytes: int) -> None:
        super().__init__(websocket, max_bytes)
        self._event: Event

    async def next_event(self, timeout_s: float) -> Event:
        """Wait for the next message and return it. Raises what FrameReader.next raises."""
        await self.next(timeout_s)
        return self._event

    def _audio(self, audio: bytes) -> Frame:
        raise ProtocolError("bad_message", f"Audio comes in media messages, and not in frames ({len(audio)} bytes).")

    def _message(self, text: str) -> Frame:
        self._check_size(len(text))
        try:
            self._event = messages.parse(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ProtocolError("bad_message", f"Not a message of Twilio's: {where}: {first['msg']}") from error
        except ValueError as error:
            raise ProtocolError("bad_message", "Not a message of Twilio's: it is not JSON.") from error
        return Keepalive()


class TrackReader(FrameReader):
    """The audio of one track, as a session reads it. Where nothing comes, as when nobody speaks, it is silence."""

    def __init__(self, websocket: WebSocket) -> None:
        super().__init__(websocket, 0)
        self._frames: asyncio.Queue[Frame | WebSocketDisconnect] = asyncio.Queue(_WAITING_FRAMES)
        self._samples = 0

    async def next(self, timeout_s: float | None) -> Frame:  # noqa: ARG002 - the call is watched as a whole
        frame = await self._frames.get()
        if isinstance(frame, WebSocketDisconnect):
            raise frame
        return frame

    async def put(self, frame: Frame | WebSocketDisconnect) -> None:
        """Hand over an order, or the end of the connection."""
        await self._frames.put(frame)

    async def add(self, media: Media) -> None:
        """Hand over a piece of audio. Raises ProtocolError if it is none."""
        try:
            audio = base64.b64decode(media.payload, validate=True)
        except ValueError as error:
            raise ProtocolError("bad_audio", "media.payload is not valid base64.") from error
        await self.fill(media.timestamp, _JITTER_MS)
        await self._push(g711.decode(audio, "mulaw"))

    async def fill(self, until_ms: int, lag_ms: int) -> None:
        """Add silence up to a time, if the track is more than `lag_ms` behind it."""
        missing_ms = until_ms - self._samples // _MS
        if missing_ms > lag_ms:
            self._samples += max(0, missing_ms - _LONGEST_GAP_MS) * _MS
            await self._push(bytes(min(missing_ms, _LONGEST_GAP_MS) * _MS * 2))

    async def _push(self, pcm16: bytes) -> None:
        self._samples += len(pcm16) // 2
        await self._frames.put(pcm16)
