"""Reads the frames of a client that speaks Deepgram's protocol, and translates its messages."""

from __future__ import annotations

from pydantic import ValidationError

from fastapi_service.deepgram import messages
from fastapi_service.sessions.frame_reader import Frame, FrameReader
from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.messages import Finalize, Keepalive, Stop

MAX_FRAME_BYTES = 1 << 20
"""Deepgram sets no limit; clients that send files use frames of hundreds of kilobytes."""


class DeepgramFrameReader(FrameReader):
    """Reads Deepgram's messages. A client may split its audio anywhere, even within a sample."""

    _odd = b""
    """The first byte of a sample whose second byte has not come yet."""
    _stopped = False
    """Whether the client has sent `CloseStream`."""

    async def next(self, timeout_s: float | None) -> Frame:
        frame = await super().next(timeout_s)
        if self._stopped:
            return Keepalive()  # whatever comes after `CloseStream` is ignored
        self._stopped = isinstance(frame, Stop)
        return frame

    def _audio(self, audio: bytes) -> Frame:
        self._check_size(len(audio))
        if not audio:
            return Stop()  # an empty frame is Deepgram's older form of `CloseStream`
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
