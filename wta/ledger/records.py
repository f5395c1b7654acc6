"""What the ledger holds, as plain immutable records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wta.messages import AS_THE_SERVER, Label, Models, Options, Result, ResultStatus, Timings
from wta.messages.base import Message
from wta.names import Stage, split_utterance_id


@dataclass(frozen=True)
class Session:
    """One speaker's session as one connection holds it."""

    session_id: str
    resume_token: str
    epoch: int
    """Number of the connection: only the newest may write."""
    sample_rate_hz: int
    options: Options
    acked_sample: int
    """At the client's rate: audio before it is kept, or was silence."""
    next_seq: int
    opened_s: float
    """Unix time at which its first connection came."""


@dataclass(frozen=True)
class Utterance:
    """One utterance, wherever it stands."""

    utterance_id: str
    stage: Stage
    start_s: float
    end_s: float
    trace_id: str
    attempts: int = 0
    language: str | None = None
    """Of what was heard."""
    options: Options = AS_THE_SERVER
    """What its session asked for."""
    text: str | None = None
    avg_logprob: float | None = None
    """How sure the recogniser is of `text`: the mean natural log-probability of its tokens."""
    translated: bool | None = None
    label: Label | None = None
    score: float | None = None
    scores: dict[str, float] | None = None
    reason: str | None = None
    models: Models = Models()
    timings: Timings = Timings()

    @property
    def session_id(self) -> str:
        return split_utterance_id(self.utterance_id)[0]

    @property
    def seq(self) -> int:
        return split_utterance_id(self.utterance_id)[1]

    @classmethod
    def from_hash(cls, utterance_id: str, raw: Mapping[bytes, bytes]) -> Utterance:
        h = {k.decode(): v.decode() for k, v in raw.items()}
        return cls(
            utterance_id=utterance_id,
            stage=Stage(h["stage"]),
            start_s=float(h["start_s"]),
            end_s=float(h["end_s"]),
            trace_id=h["trace_id"],
            attempts=int(h.get("attempts", 0)),
            language=h.get("language"),
            options=Options.model_validate_json(h.get("options", "{}")),
            text=h.get("text"),
            avg_logprob=float(h["avg_logprob"]) if "avg_logprob" in h else None,
            translated=True if "translated" in h else None,
            label=Label(h["label"]) if "label" in h else None,
            score=float(h["score"]) if "score" in h else None,
            scores=json.loads(h["scores"]) if "scores" in h else None,
            reason=h.get("reason"),
            models=Models(stt=h.get("model_stt"), sentiment=h.get("model_sentiment")),
            timings=Timings(**{k: float(h[f"t_{k}"]) for k in Timings.model_fields if f"t_{k}" in h}),
        )

    def to_hash(self) -> dict[str, str]:
        """The fields that are known. `stage` and `attempts` are the scripts' alone to write."""
        known = {
            "start_s": self.start_s, "end_s": self.end_s, "trace_id": self.trace_id, "language": self.language,
            "text": self.text, "avg_logprob": self.avg_logprob,
            "label": self.label, "score": self.score, "reason": self.reason,
            "scores": None if self.scores is None else json.dumps(self.scores),
            "model_stt": self.models.stt, "model_sentiment": self.models.sentiment,
            "translated": self.translated or None,
            "options": self.options.to_json(),
        }  # fmt: skip
        known |= {f"t_{name}": value for name, value in self.timings}
        return {k: str(v) for k, v in known.items() if v is not None}

    def to_result(self, status: ResultStatus = ResultStatus.DONE) -> Result:
        return Result(
            status=status, utterance_id=self.utterance_id, session_id=self.session_id, seq=self.seq,
            trace_id=self.trace_id, start=self.start_s, end=self.end_s, text=self.text, language=self.language,
            label=self.label, score=self.score, scores=self.scores, reason=self.reason, models=self.models,
            timings=self.timings, translated=self.translated,
        )  # fmt: skip


class ClaimStatus(StrEnum):
    """The answer to a claim."""

    CLAIMED = "claimed"
    BUSY = "busy"
    """Another worker has a live lease."""
    PAST = "past"
    """The utterance has left this stage: a late duplicate."""
    MISSING = "missing"
    """Its retention time is over, or it never was."""
    EXHAUSTED = "exhausted"
    """Every allowed attempt has been made; the caller holds the lease and is to give it up visibly."""


@dataclass(frozen=True)
class Claim:
    """A claim's answer, with what there is to work on."""

    status: ClaimStatus
    utterance: Utterance | None = None
    pcm16: bytes = b""
    """16 kHz mono; empty in later stages than AUDIO."""


@dataclass(frozen=True)
class Advance:
    """One stage's work, ready to be committed."""

    to_stage: Stage
    utterance: Utterance
    event: Message | None = None
    """For the speaker's page."""
    result: Result | None = None
    """For `result_channel` and the log."""
