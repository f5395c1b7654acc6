"""Settings of the speech-to-text stage; wta.settings fills them from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EngineName = Literal["whisper", "whisper-full", "faster-whisper"]


class SilenceGuardSettings(BaseModel):
    """When the words of a decode are taken for an invention; docs/performance.md has the table."""

    model_config = ConfigDict(frozen=True)

    no_speech_prob: float = Field(default=0.58, ge=0, le=1, description="above it, nobody spoke")
    certain_logprob: float = Field(default=-0.3, le=0, description="unless the words are surer than this")
    doubtful_no_speech_prob: float = Field(default=0.25, ge=0, le=1, description="above it, further doubts count")
    weak_logprob: float = Field(default=-1.0, le=0, description="a doubt: words less sure than this")
    short_s: float = Field(default=1.5, ge=0, description="but a single short word may be unsure")
    compression_ratio: float = Field(default=2.4, gt=1, description="a doubt: text that repeats itself more")


class SttSettings(BaseModel):
    """What the speech-to-text worker needs to know."""

    model_config = ConfigDict(frozen=True)

    model: str | None = Field(default=None, description="a path or a name; empty chooses by machine")
    models_dir: Path = Field(default=Path("models"), description="where models are kept")
    engine: EngineName = Field(default="whisper", description="whisper: short context; whisper-full: 30 s window")
    threads: int = Field(default=0, ge=0, description="compute threads; 0 means one per idle core")
    language: str | None = Field(default=None, description="ISO 639-1 code; empty lets multilingual models decide")
    download_timeout_s: float = Field(default=5.0, gt=0, description="longest wait for a download to answer")
    int8: bool = Field(default=True, description="8-bit matrices (x86); off: float32")
    compiled: bool = Field(default=True, description="the decoder's step by TorchScript; off: by Python")
    margin_frames: int = Field(default=16, ge=1, description="silence after the speech encoded in full, 20 ms each")
    stride_frames: int = Field(default=8, ge=1, description="of the silence after that, one frame in so many")
    retry: bool = Field(default=True, description="do a doubtful text again over the full window")
    retry_logprob: float = Field(default=-0.9, le=0, description="below it, a text is done again over the full window")
    max_tokens_per_s: float = Field(default=16.0, gt=0, description="no speech is faster; a loop is")
    least_tokens_per_s: float = Field(default=1.5, ge=0, description="below it, a text may end before the speech does")
    guard: SilenceGuardSettings = SilenceGuardSettings()
