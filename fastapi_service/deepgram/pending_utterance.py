"""An utterance whose final `Results` message has not been sent yet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fastapi_service.deepgram.messages import Alternative, Mood, Word
from wta.messages import Final, Sentiment, SpeechEnded
from wta.messages import Word as SpokenWord
from wta.mood import value_of

_MOODS: dict[str, Mood] = {"POSITIVE": "positive", "NEGATIVE": "negative", "NEUTRAL": "neutral"}
_PUNCTUATION = ",.?!;:\"'"


@dataclass
class PendingUtterance:
    """What is known so far about an utterance. Times are seconds since the session's first sample."""

    started_s: float = 0.0
    ended: SpeechEnded | None = None
    final: Final | None = None
    sentiment: Sentiment | None = None
    over: bool = False
    """Whether no more messages about the utterance will come."""
    failed: str | None = None
    """Why the utterance has no text, if every attempt has failed."""
    finalizes: int = 0
    """How many `Finalize` of the client wait for the utterance's result."""
    silent: bool = False
    """Whether the gap that makes an `UtteranceEnd` was heard after the utterance."""

    def is_ready(self, with_sentiment: bool) -> bool:
        """Return whether the result can be sent: speech has ended, and its text (with its sentiment) is there."""
        answered = self.final is not None and (self.sentiment is not None or not with_sentiment)
        return self.ended is not None and (answered or self.over)

    def span_s(self, received_s: float) -> tuple[float, float]:
        """Return where the utterance starts and ends. While it is open, it ends where the received audio ends."""
        start_s = self.final.start if self.final else self.started_s
        end_s = self.final.end if self.final else self.ended.at if self.ended else received_s
        return start_s, end_s

    @property
    def alternative(self) -> Alternative:
        """The settled text with its words and its sentiment. It is empty without a final."""
        if self.final is None:
            return Alternative(transcript="")
        label, score = (self.sentiment.label, self.sentiment.score) if self.sentiment else (None, None)
        sure = confidence(self.final)
        return Alternative(
            transcript=self.final.text, confidence=sure, words=tuple(_word(w, sure) for w in self.final.words or ()),
            languages=(self.final.language,) if self.final.language else None,
            sentiment=_MOODS[label] if label else None, sentiment_score=value_of(label, score),
        )  # fmt: skip


def confidence(final: Final) -> float:
    """Return the mean probability of the text's tokens (their geometric mean), or 0 where it is not known."""
    return 0.0 if final.avg_logprob is None else round(math.exp(min(0.0, final.avg_logprob)), 4)


def _word(spoken: SpokenWord, sure: float) -> Word:
    text = spoken.word.strip()
    return Word(
        word=text.strip(_PUNCTUATION).lower(), start=spoken.start, end=spoken.end, confidence=sure, punctuated_word=text
    )
