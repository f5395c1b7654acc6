"""Settings of the speech worker. wta.settings reads those that users may set from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EngineName = Literal["whisper", "whisper-full", "faster-whisper", "measured"]
"""whisper: the silence in outline (engines/short_context.py); whisper-full: openai-whisper as it comes; measured: no
speech recognition at all (engines/measured.py)."""


AUTO = "auto"
"""The model's name that stands for the largest one that is fast enough (models/choice)."""


class SilenceGuardSettings(BaseModel):
    """When the words of a decode are taken for an invention. docs/performance.md has the measurements behind it.

    `…_prob` are no-speech probabilities, `…_logprob` mean natural log-probabilities of the tokens.
    """

    model_config = ConfigDict(frozen=True)

    no_speech_prob: float = Field(default=0.58, ge=0, le=1)
    """Above this nobody spoke, unless Whisper is certain of its words."""
    certain_logprob: float = Field(default=-0.3, le=0)
    """Above this Whisper is certain of its words."""
    doubtful_no_speech_prob: float = Field(default=0.25, ge=0, le=1)
    """Above this a weak, a usual or a repeated text is rejected."""
    weak_logprob: float = Field(default=-1.0, le=0)
    """Below this a text is weak."""
    short_s: float = Field(default=1.5, ge=0)
    """Seconds of audio below which a weak text is not rejected: one short word often is weak."""
    compression_ratio: float = Field(default=2.4, gt=1)
    """Above this a text repeats itself (`silence_guard.compression_ratio`)."""


class SttSettings(BaseModel):
    """What a speech engine needs to know."""

    model_config = ConfigDict(frozen=True)

    model: str = "tiny.en"
    """A checkpoint's path, or a name of openai-whisper. (stt_worker/models/choice makes one of `auto`.)"""
    models_dir: Path = Path("models")
    """Folder in which models are kept."""
    engine: EngineName = "whisper"
    threads: int = Field(default=0, ge=0)
    """Threads that compute; 0 means one for each idle core."""
    language: str | None = None
    """ISO 639-1 code of the language spoken; None lets a multilingual model detect it."""
    languages: tuple[str, ...] | None = None
    """ISO 639-1 codes of the languages that a multilingual model detects one of; None: all that it knows."""
    download_timeout_s: float = Field(default=5.0, gt=0)
    """How long a download may fail to answer."""
    int8: bool = True
    """Whether to compute in 8 bits where the processor can, else in float32."""
    compiled: bool = True
    """Whether TorchScript compiles the decoder's step."""
    margin_frames: int = Field(default=16, ge=1)
    """Frames of 20 ms after the speech that are encoded in full."""
    stride_frames: int = Field(default=8, ge=1)
    """Of the silence after that, one frame in so many is encoded."""
    retry: bool = True
    """Whether a doubtful text is decoded again over the full window, and an unsure one with a wider margin."""
    retry_logprob: float = Field(default=-0.9, le=0)
    """Mean log-probability of the tokens below which a text is doubtful."""
    unsure_logprob: float = Field(default=-0.5, le=0)
    """Mean log-probability of the tokens below which a text is unsure: a second decode may be surer of its own."""
    unsure_margin_frames: int = Field(default=64, ge=1)
    """`margin_frames` of that second decode. It costs half of one over the full window."""
    max_characters_per_s: float = Field(default=40.0, gt=0)
    """A text is cut at so many characters for each second of audio: nobody speaks faster in any language, but a text
    that goes round in circles does. (A word of Bengali or Telugu has five times the tokens of an English one.)"""
    least_tokens_per_s: float = Field(default=1.5, ge=0)
    """With fewer tokens for each second of audio, a text may end before the speech does."""
    finished_inner_mark_prob: float = Field(default=0.004, ge=0, le=1)
    """A sentence looks finished where a comma, in place of its full stop, is less likely than this."""
    guard: SilenceGuardSettings = SilenceGuardSettings()
