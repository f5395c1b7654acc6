"""One analysed utterance: what `result_channel`, the results stream and the log are made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from wta.messages.base import PROTOCOL_VERSION, Message


class Label(StrEnum):
    """What a sentence feels like."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"


class ResultStatus(StrEnum):
    """How an utterance ended."""

    DONE = "done"
    FAILED = "failed"


class Timings(Message):
    """Unix time in seconds at each stage; None where the utterance has not been there."""

    captured: float | None = None
    """The last sample of the speech reached the server."""
    cut: float | None = None
    """The endpoint was decided."""
    queued: float | None = None
    stt_start: float | None = None
    stt_end: float | None = None
    analysed: float | None = None
    published: float | None = None


class Models(Message):
    """Which model made what."""

    stt: str | None = None
    sentiment: str | None = None


class Result(Message):
    """The end of one utterance's way."""

    type: Literal["result"] = "result"
    version: int = PROTOCOL_VERSION
    status: ResultStatus = ResultStatus.DONE
    utterance_id: str
    session_id: str
    seq: int
    trace_id: str
    start: float
    """Seconds since the session's first sample."""
    end: float
    text: str | None = None
    language: str | None = None
    """ISO 639 code of what was spoken."""
    translated: bool | None = None
    """True: `text` is an English translation of it."""
    label: Label | None = None
    """None where no sentiment could be given; `reason` then says why."""
    score: float | None = None
    """Probability of `label`, 0..1."""
    scores: dict[str, float] | None = None
    reason: str | None = None
    """Why there is no label, or why the utterance failed."""
    models: Models = Models()
    timings: Timings = Timings()

    @property
    def audio_seconds(self) -> float:
        return self.end - self.start

    @property
    def latency_s(self) -> float | None:
        """End of speech reaching the server → published, in seconds."""
        if self.timings.captured is None or self.timings.published is None:
            return None
        return max(0.0, self.timings.published - self.timings.captured)
