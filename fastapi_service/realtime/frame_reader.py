"""Reads the events of a client of OpenAI's Realtime API. What is wrong with one is said, and the session goes on."""

from __future__ import annotations

import base64
import binascii

from starlette.websockets import WebSocket

from fastapi_service.audio import g711
from fastapi_service.realtime import client_events
from fastapi_service.realtime.client_events import Append, ClientEvent, Commit, SessionUpdate
from fastapi_service.realtime.event_error import EventError
from fastapi_service.realtime.message_writer import RealtimeMessageWriter
from fastapi_service.realtime.server_events import Problem, ServerEvent, SessionEvent
from fastapi_service.realtime.session_config import SessionConfig
from fastapi_service.sessions.frame_reader import Frame, FrameReader
from fastapi_service.sessions.work_queue import Discard
from wta.audio_format import BYTES_PER_SAMPLE
from wta.messages import Finalize, Keepalive

MAX_FRAME_BYTES = 4 << 20
"""About a minute of PCM16 at 24 kHz in base64. OpenAI takes five times as much; here frames are held in memory."""
_BEGUN = "This cannot be changed once audio has come. Open another connection for it."


class RealtimeFrameReader(FrameReader):
    """Reads events, and answers those that are not about audio."""

    def __init__(self, websocket: WebSocket, writer: RealtimeMessageWriter, config: SessionConfig) -> None:
        super().__init__(websocket, MAX_FRAME_BYTES)
        self._writer = writer
        self.config = config
        """What holds now. What the audio is cannot change once it has begun."""
        self._answers: list[ServerEvent] = []
        self._first: Frame | None = None
        self._begun = False
        self._odd = b""
        """The first byte of a sample whose second byte has not come yet."""

    async def begin(self, timeout_s: float) -> None:
        """Wait for the first audio, or an order about it. `next` then returns it. Raises what `next` raises."""
        while isinstance(frame := await self.next(timeout_s), Keepalive):
            pass
        self._first = frame

    async def next(self, timeout_s: float | None) -> Frame:
        if self._first is not None:
            frame, self._first = self._first, None
            return frame
        try:
            frame = await super().next(timeout_s)
        except EventError as error:
            frame = Keepalive()
            self._answers.append(Problem.of(error))
        while self._answers:
            await self._writer.send_event(self._answers.pop(0))
        return frame

    def _audio(self, audio: bytes) -> Frame:  # noqa: ARG002 - no binary frame is of use
        raise EventError("Audio comes in input_audio_buffer.append, as base64.", "invalid_frame")

    def _message(self, text: str) -> Frame:
        self._check_size(len(text))
        event = client_events.parse(text)
        try:
            return self._frame(event)
        except EventError as error:
            error.event_id = event.event_id
            raise

    def _frame(self, event: ClientEvent) -> Frame:
        if isinstance(event, SessionUpdate):
            return self._update(event)
        self._begun = True
        if isinstance(event, Append):
            return self._samples(event.audio)
        self._odd = b""
        return Finalize() if isinstance(event, Commit) else Discard()

    def _update(self, event: SessionUpdate) -> Frame:
        config = self.config.updated(event.session)
        if self._begun and config.start() != self.config.start():
            raise EventError(_BEGUN, "session_begun", "session")
        self.config = config
        self._answers.append(SessionEvent(type="session.updated", session=config))
        return Keepalive()

    def _samples(self, text: str) -> bytes:
        try:
            audio = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise EventError("audio: not valid base64.", param="audio") from error
        law = self.config.audio.input.format.law
        if law:
            return g711.decode(audio, law)
        audio = self._odd + audio
        whole = len(audio) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
        self._odd = audio[whole:]
        return audio[:whole]
