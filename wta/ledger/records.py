"""The records that the ledger takes and gives, plain and immutable."""

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
    """A speaker's session, as one connection holds it."""

    session_id: str
    resume_token: str
    epoch: int
    """Number of this connection to the session: only the newest connection may write."""
    sample_rate_hz: int
    options: Options
    acked_sample: int
    """Sample number at the client's rate: all audio before it is in the ledger, or was silence."""
    next_seq: int
    """Number of the session's next utterance; the first is 1."""
    age_s: float = 0.0
    """Seconds, by Redis's clock, from the session's first connection to this one."""
    key: str = ""
    """Name of the API key that it was opened with; empty where none was needed."""


@dataclass(frozen=True)
class Utterance:
    """One utterance, with everything that is known of it so far."""

    utterance_id: str
    stage: Stage
    start_s: float
    """Where it begins, in seconds since the session's first sample."""
    end_s: float
    """Where it ends, in seconds since the session's first sample."""
    trace_id: str
    attempts: int = 0
    """How often a worker has begun the work of `stage`."""
    language: str | None = None
    """ISO 639 code of what was spoken."""
    options: Options = AS_THE_SERVER
    """What the session asked for when it began."""
    text: str | None = None
    avg_logprob: float | None = None
    """How sure the recogniser is of `text`: the mean natural log-probability of its tokens."""
    foreign: bool | None = None
    """True where an English-only model has probably heard another language, so that `text` is worth nothing."""
    translated: bool | None = None
    """True where `text` is an English translation of what was spoken; else None."""
    label: Label | None = None
    score: float | None = None
    """Probability of `label`, 0 to 1."""
    scores: dict[str, float] | None = None
    """Probability of each label, 0 to 1."""
    reason: str | None = None
    """Why there is no label, or why the utterance failed."""
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
        """Read the Redis hash of an utterance."""
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
            foreign=True if "foreign" in h else None,
            translated=True if "translated" in h else None,
            label=Label(h["label"]) if "label" in h else None,
            score=float(h["score"]) if "score" in h else None,
            scores=json.loads(h["scores"]) if "scores" in h else None,
            reason=h.get("reason"),
            models=Models(stt=h.get("model_stt"), sentiment=h.get("model_sentiment")),
            timings=Timings(**{k: float(h[f"t_{k}"]) for k in Timings.model_fields if f"t_{k}" in h}),
        )

    def to_hash(self) -> dict[str, str]:
        """The known fields, as the Redis hash holds them. Only the scripts write its `stage` and `attempts`."""
        known = {
            "start_s": self.start_s, "end_s": self.end_s, "trace_id": self.trace_id, "language": self.language,
            "text": self.text, "avg_logprob": self.avg_logprob,
            "label": self.label, "score": self.score, "reason": self.reason,
            "scores": None if self.scores is None else json.dumps(self.scores),
            "model_stt": self.models.stt, "model_sentiment": self.models.sentiment,
            "translated": self.translated or None, "foreign": self.foreign or None,
            "options": self.options.to_json(),
        }  # fmt: skip
        known |= {f"t_{name}": value for name, value in self.timings}
        return {k: str(v) for k, v in known.items() if v is not None}

    def to_result(self, status: ResultStatus = ResultStatus.DONE) -> Result:
        """The result that is published, kept in the results stream and written to the log."""
        return Result(
            status=status, utterance_id=self.utterance_id, session_id=self.session_id, seq=self.seq,
            trace_id=self.trace_id, start=self.start_s, end=self.end_s, text=self.text, language=self.language,
            label=self.label, score=self.score, scores=self.scores, reason=self.reason, models=self.models,
            timings=self.timings, translated=self.translated,
        )  # fmt: skip


@dataclass(frozen=True)
class Backlog:
    """What waits for workers and is in nobody's hand, of all sessions together."""

    audio_s: float
    """Seconds of audio that wait for their text."""
    texts: int
    """Texts that wait for their sentiment."""
    oldest_audio_s: float
    """How many seconds the utterance has waited that has waited longest for its text; 0 where none waits."""
    oldest_text_s: float
    """The same for the sentiment."""


class ClaimStatus(StrEnum):
    """What came of a claim."""

    CLAIMED = "claimed"
    """The caller holds the lease and shall do the work."""
    BUSY = "busy"
    """Another worker holds the lease."""
    PAST = "past"
    """The utterance has left this stage already: the message was a late duplicate."""
    MISSING = "missing"
    """The utterance is not known: its retention time is over, or it never existed."""
    EXHAUSTED = "exhausted"
    """Every allowed attempt has been made. The caller holds the lease and shall give the utterance up visibly."""


@dataclass(frozen=True)
class Claim:
    """What came of a claim, with what there is to work on."""

    status: ClaimStatus
    utterance: Utterance | None = None
    """None where there is nothing to do."""
    pcm16: bytes = b""
    """The audio as PCM16, 16 kHz mono; empty in stages after AUDIO."""


@dataclass(frozen=True)
class Advance:
    """The work of one stage, ready to be committed."""

    to_stage: Stage
    utterance: Utterance
    event: Message | None = None
    """What the speaker's page is told."""
    result: Result | None = None
    """What is published on `result_channel` and written to the log."""
    language_belief: str | None = None
    """What the session's language is taken for from now on, as the speech worker writes it; None: as before."""
