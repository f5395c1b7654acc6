"""What one speaker said, and what came back to them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since the session's first sample."""

    start_s: float
    end_s: float

    def shared(self, other: Span) -> float:
        """How many seconds lie in both spans."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass
class SpeakerHistory:
    """What one speaker said, and what came back to them, in order of arrival."""

    session_id: str = ""
    spoken: tuple[Span, ...] = ()
    acknowledged: dict[str, Span] = field(default_factory=dict)
    """Utterance id → its span, for every utterance that the server has acknowledged."""
    finals: list[tuple[str, Span]] = field(default_factory=list)
    sentiments: list[str] = field(default_factory=list)
    no_speech: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    finished: bool = False
    """The server has said `done`, or the speaker left on purpose."""
    told_missing: bool = False
    """The server has said that sentiments are missing, because no sentiment worker answers."""
    problem: str | None = None

    def ended(self) -> set[str]:
        """Ids of the utterances for which nothing more is due. Those without sentiment come into the log later."""
        texts = {uid for uid, _ in self.finals} if self.told_missing else set()
        return texts | {*self.sentiments, *self.failures}

    def answered(self) -> list[str]:
        """Ids of the utterances that have a text, were no speech, or failed."""
        return [uid for uid, _ in self.finals] + self.no_speech + self.failures

    def spans(self) -> list[Span]:
        """The spans of all utterances that the page shows, with a text or as failed."""
        final = dict(self.finals)
        failed = {uid: self.acknowledged[uid] for uid in self.failures if uid in self.acknowledged}
        return [*(failed | final).values()]
