"""What the speech-to-text stage asks of an engine, whichever library does the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from wta.errors import WtaError
from wta.messages import Task as Task  # noqa: PLC0414 - part of what an engine is asked

SAMPLE_RATE_HZ = 16_000

Audio = npt.NDArray[np.float32]


class EngineError(WtaError):
    """An engine cannot do what it was asked: not installed, or a language it does not know."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its place in the audio, in seconds from the first sample given to the engine."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one utterance says; `text` is empty when the engine holds that nobody spoke."""

    text: str
    language: str
    avg_logprob: float
    """Mean natural log-probability of the tokens of the pass that was kept."""
    no_speech_prob: float
    """Probability of Whisper's no-speech token, 0 to 1."""
    engine: str
    model: str
    words: tuple[Word, ...] | None = None
    """Filled in only when word times were asked for."""
    passes: int = 1
    """Decodes done for this utterance: 1, or more where a guard asked for another."""
    retried: bool = False
    """True when the short encoder context was not trusted and the full one was used."""
    rejected: str | None = None
    """Why `text` is empty although the decoder wrote something (for logs and figures)."""


@runtime_checkable
class SpeechEngine(Protocol):
    """Turns one utterance into text. Not thread-safe: one engine belongs to one worker."""

    name: str
    model: str
    languages: tuple[str, ...]
    """ISO 639-1 codes that the model knows."""
    tasks: tuple[Task, ...]

    def warm_up(self) -> None:
        """Run once over a second of audio, so that the first speaker does not pay for lazy set-up."""

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        task: Task = "transcribe",
        word_timestamps: bool = False,
        draft: bool = False,
    ) -> Transcript:
        """Transcribe float32 mono audio at 16 kHz, shape [n_samples], within -1 to 1.

        `language` is an ISO 639-1 code; None lets the engine decide. A `draft` will be replaced soon: its doubts are
        not worth a second decode. Raises `EngineError` for a
        language that the model does not know.
        """
