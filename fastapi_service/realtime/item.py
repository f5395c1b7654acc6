"""One item of a Realtime conversation: what was said between two commits."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi_service.openai.logprobs import Logprob, logprobs
from fastapi_service.realtime.server_events import new_id
from wta.messages import Final


@dataclass
class Utterance:
    """A stretch of speech, with its text so far."""

    stable: str = ""
    """Words that no later partial takes back."""
    final: Final | None = None
    failed: str | None = None
    """Why it has no text, if every attempt has failed."""
    over: bool = False
    """Whether its text is settled."""

    @property
    def text(self) -> str:
        return self.final.text if self.final else ""


@dataclass
class Item:
    """What was said between two commits, in one utterance or several."""

    id: str = field(default_factory=lambda: new_id("item"))
    utterances: dict[int, Utterance] = field(default_factory=dict)
    """By `seq`, in the order of speech."""
    committed: bool = False
    completed: bool = False
    """Whether its text has been sent."""
    said: str = ""
    """What was sent of the text already."""

    @property
    def is_settled(self) -> bool:
        """Whether no more words will come."""
        return self.committed and all(utterance.over for utterance in self.utterances.values())

    @property
    def transcript(self) -> str:
        """The settled text of all its utterances."""
        return " ".join(filter(None, (utterance.text for utterance in self.utterances.values())))

    @property
    def failure(self) -> str | None:
        """Why the item has no text, if it could not be understood."""
        failed = [u.failed for u in self.utterances.values() if u.failed]
        return failed[0] if failed and not self.transcript else None

    @property
    def audio_s(self) -> float:
        """Seconds of audio that have become text."""
        return sum(u.final.end - u.final.start for u in self.utterances.values() if u.final)

    @property
    def logprobs(self) -> tuple[Logprob, ...]:
        """How sure the model is of each word, as far as the workers have told it."""
        return logprobs(u.final for u in self.utterances.values() if u.final)

    def news(self) -> str:
        """Return the words that can be sent now, after those that were sent already. Nothing is taken back."""
        settled: list[str] = []
        for utterance in self.utterances.values():
            settled.append(utterance.text if utterance.over else utterance.stable)
            if not utterance.over:
                break
        text = " ".join(filter(None, settled))
        if not text.startswith(self.said):
            return ""
        news, self.said = text[len(self.said) :], text
        return news
