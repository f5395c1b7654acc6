"""How a client of OpenAI's Realtime API wants to be heard: what `session.update` says."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from fastapi_service.audio.g711 import RATE_HZ, Law
from fastapi_service.realtime.event_error import EventError
from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.messages import Start
from wta.messages.base import Message
from wta.messages.languages import Language
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS

_PCM_RATE_HZ = 24_000
LOGPROBS = "item.input_audio_transcription.logprobs"
_LAWS: dict[str, Law] = {"audio/pcmu": "mulaw", "audio/pcma": "alaw"}


class AudioFormat(Message):
    """The encoding of the audio: PCM16 (little-endian, mono) or G.711."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: int | None = Field(None, ge=MIN_INPUT_RATE_HZ, le=MAX_INPUT_RATE_HZ)
    """Samples a second of PCM16; None: 24000. G.711 always has 8000."""

    @property
    def law(self) -> Law | None:
        """Which encoding of G.711 this is; None for PCM16."""
        return _LAWS.get(self.type)

    @property
    def rate_hz(self) -> int:
        """Samples a second of the audio."""
        return RATE_HZ if self.law else self.rate or _PCM_RATE_HZ


class TranscriptionConfig(Message):
    """What is known of the speech."""

    model: str | None = Field(None, max_length=200)
    """Any name; the model is the server's."""
    language: Language = None


class TurnDetection(Message):
    """The server ends an item where the speaker pauses."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    silence_duration_ms: int | None = Field(None, ge=1, le=60_000)
    """The silence that ends an item, within the server's limits; None leaves it to the server's settings."""


class AudioInput(Message):
    """How the audio comes, and what becomes of it."""

    format: AudioFormat = AudioFormat()
    transcription: TranscriptionConfig | None = TranscriptionConfig()
    turn_detection: TurnDetection | None = TurnDetection()
    """None: only the client ends an item, with `input_audio_buffer.commit`."""


class SessionAudio(Message):
    """The audio of a session goes one way only."""

    input: AudioInput = AudioInput()


class SessionConfig(Message):
    """The configuration of a transcription session. Fields that have no effect here are passed over."""

    type: Literal["transcription"] = "transcription"
    object: Literal["realtime.transcription_session"] = "realtime.transcription_session"
    audio: SessionAudio = SessionAudio()
    include: tuple[Literal["item.input_audio_transcription.logprobs"], ...] | None = None

    def updated(self, changes: dict[str, Any]) -> SessionConfig:
        """Return the configuration with the fields that `changes` has. Raises EventError that names a wrong one."""
        try:
            return SessionConfig.model_validate(_merged(self.model_dump(), changes))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            param = ".".join(["session", *(str(part) for part in first["loc"])])
            raise EventError(f"{param}: {first['msg']}", param=param) from error

    def start(self) -> Start:
        """Return the `start` message of the project's own protocol that asks for the same."""
        heard = self.audio.input
        silence_ms = heard.turn_detection.silence_duration_ms if heard.turn_detection else None
        return Start(
            sample_rate=heard.format.rate_hz,
            language=heard.transcription.language if heard.transcription else None,
            endpoint_ms=silence_ms if silence_ms is None else max(MIN_ENDPOINT_MS, min(MAX_ENDPOINT_MS, silence_ms)),
            words=True if LOGPROBS in (self.include or ()) else None,
        )


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {name: _merged(old[name], value) for name, value in new.items() if _are_dicts(old.get(name), value)}
    return old | new | both


def _are_dicts(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)
