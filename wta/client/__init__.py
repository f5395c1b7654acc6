"""Speak to a server over docs/protocol.md: sessions that survive broken connections, audio files, the microphone.

docs/client.md has whole programs. In short:

    file = AudioFile(Path("talk.flac"))
    async with SpeechSession("ws://127.0.0.1:8000/ws/audio", file.sample_rate_hz) as session:
        async for message in converse(session, paced(file.blocks(), file.sample_rate_hz, Pace.FAST)):
            if isinstance(message, Final):
                print(message.text)

This package needs numpy, pydantic and websockets. `AudioFile` needs soundfile and soxr as well, `Microphone` needs
sounddevice.
"""

from typing import TYPE_CHECKING, Any

from wta.client.conversation import converse
from wta.client.errors import ServerAwayError
from wta.client.microphone import Microphone
from wta.client.pacing import Pace, paced
from wta.client.session import SpeechSession
from wta.errors import AudioError, ProtocolError, WtaError
from wta.messages import (
    Done,
    Error,
    Final,
    Label,
    NoSpeech,
    Options,
    Partial,
    Ready,
    Sentiment,
    ServerMessage,
    SpeechEnded,
    SpeechStarted,
    Status,
    Summary,
)

if TYPE_CHECKING:
    from wta.client.audio_files import AudioFile

__all__ = [
    "AudioError",
    "AudioFile",
    "Done",
    "Error",
    "Final",
    "Label",
    "Microphone",
    "NoSpeech",
    "Options",
    "Pace",
    "Partial",
    "ProtocolError",
    "Ready",
    "Sentiment",
    "ServerAwayError",
    "ServerMessage",
    "SpeechEnded",
    "SpeechSession",
    "SpeechStarted",
    "Status",
    "Summary",
    "WtaError",
    "converse",
    "paced",
]


def __getattr__(name: str) -> Any:
    """Import `AudioFile` when somebody asks for it, because it loads libsndfile."""
    if name == "AudioFile":
        from wta.client.audio_files import AudioFile  # noqa: PLC0415

        return AudioFile
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
