"""What the speech worker asks of a speech engine, whichever library does the work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stt_worker.language_belief import UNDECIDED, LanguageBelief
from wta.errors import WtaError
from wta.messages import Task as Task  # noqa: PLC0414 - a field of TranscriptionOptions

SAMPLE_RATE_HZ = 16_000

Audio = npt.NDArray[np.float32]
"""Mono audio at 16 kHz: float32 [n_samples], within -1 to 1."""


class EngineError(WtaError):
    """The engine cannot do what it was asked: its package is not installed, or it does not know the language."""


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """How one utterance is to be transcribed. (The name is that of faster-whisper's record.)"""

    language: str | None = None
    """ISO 639-1 code of the language spoken; None lets the engine use its setting or detect the language."""
    task: Task = "transcribe"
    """`transcribe` writes what was said in its own language, `translate` writes it in English."""
    word_timestamps: bool = False
    """Whether the transcript gets the time of each word."""
    draft: bool = False
    """Whether the text will be replaced soon: then a doubtful one is not worth a second decode."""
    languages: tuple[str, ...] | None = None
    """ISO 639-1 codes of the languages to detect one of; None: those of the engine's setting, or all that it knows."""
    belief: LanguageBelief = UNDECIDED
    """What the session's earlier sentences told of its language."""


DEFAULT_OPTIONS = TranscriptionOptions()


@dataclass(frozen=True, slots=True)
class TimedWord:
    """One word and its place in the audio, in seconds from the first sample that the engine was given."""

    text: str
    start_s: float
    end_s: float
    probability: float
    """Mean probability of the word's tokens, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in one utterance. `text` is empty where the engine holds that nobody spoke."""

    text: str
    language: str
    """ISO 639-1 code of the language spoken."""
    avg_logprob: float
    """Mean natural log-probability of the tokens, of the decode that was kept."""
    no_speech_prob: float
    """Probability of Whisper's no-speech token, 0 to 1."""
    engine: str
    model: str
    words: tuple[TimedWord, ...] | None = None
    """None unless word times were asked for."""
    belief: LanguageBelief | None = None
    """What is known of the session's language now; None where the language was not detected."""
    passes: int = 1
    """How often this utterance was decoded: once, or more where the first text was doubtful."""
    retried: bool = False
    """Whether the first text was doubtful or unsure, and the utterance was decoded again."""
    finished: bool | None = None
    """Whether the text looks like a whole sentence; None where the engine does not tell."""
    rejected: str | None = None
    """Why `text` is empty although the decoder wrote something; for logs and figures."""


class SpeechEngine(ABC):
    """Turns one utterance into text. An engine is not thread-safe: each worker process has its own."""

    name: str
    """As WTA_STT_ENGINE names it."""
    model: str
    """Name of the model that is loaded."""
    languages: tuple[str, ...]
    """ISO 639-1 codes that the model knows."""
    tasks: tuple[Task, ...]
    """What the model was trained to do."""

    def between_steps(self) -> None:  # noqa: B027 - most engines never call it, and it does nothing by itself
        """Called by an engine that can wait, many times within a transcription. It may transcribe something else."""

    def warm_up(self) -> None:
        """Transcribe a second of silence, so that the first speaker does not wait for what is set up on first use."""
        self.transcribe(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32))

    @abstractmethod
    def transcribe(self, audio: Audio, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """Transcribe one utterance: float32 [n_samples], mono at 16 kHz, within -1 to 1.

        Raises `EngineError` for a language that the model does not know.
        """
