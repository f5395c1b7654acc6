"""The result of one utterance, as it goes to `result_channel`, the results stream and the log."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from wta.messages.base import PROTOCOL_VERSION, Message


class Label(StrEnum):
    """The sentiment of a sentence."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"


class ResultStatus(StrEnum):
    """How an utterance ended."""

    DONE = "done"
    FAILED = "failed"


class Timings(Message):
    """Unix times in seconds at which an utterance passed each point; None where it has not come there."""

    captured: float | None = None
    """When the last sample of the speech reached the server."""
    cut: float | None = None
    """When the server decided that the utterance was over."""
    queued: float | None = None
    """When the utterance was put into the speech workers' queue."""
    stt_start: float | None = None
    """When a worker began to turn it into text."""
    stt_end: float | None = None
    """When its text was ready."""
    analysed: float | None = None
    """When its sentiment was ready."""
    published: float | None = None
    """When its result was published."""


class Models(Message):
    """Names of the models that made the text and the sentiment."""

    stt: str | None = None
    sentiment: str | None = None


class Result(Message):
    """The result of one utterance, analysed or failed."""

    type: Literal["result"] = "result"
    version: int = PROTOCOL_VERSION
    status: ResultStatus = ResultStatus.DONE
    utterance_id: str
    session_id: str
    seq: int
    trace_id: str
    start: float
    """Where the utterance begins, in seconds since the session's first sample."""
    end: float
    """Where the utterance ends, in seconds since the session's first sample."""
    text: str | None = None
    language: str | None = None
    """ISO 639 code of what was spoken."""
    translated: bool | None = None
    """True where `text` is an English translation of what was spoken."""
    label: Label | None = None
    """The sentiment; None where none could be given: `reason` then says why."""
    score: float | None = None
    """Probability of `label`, 0 to 1."""
    scores: dict[str, float] | None = None
    """Probability of each label, 0 to 1."""
    reason: str | None = None
    """Why there is no label, or why the utterance failed."""
    models: Models = Models()
    timings: Timings = Timings()

    @property
    def audio_seconds(self) -> float:
        """How long the utterance is, in seconds."""
        return self.end - self.start

    @property
    def latency_s(self) -> float | None:
        """Seconds from the end of the speech reaching the server to the result being published; None if not known."""
        if self.timings.captured is None or self.timings.published is None:
            return None
        return max(0.0, self.timings.published - self.timings.captured)
