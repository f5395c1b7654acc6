"""The workers' part, done by the test: what is in the ledger is answered as a worker would commit it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import redis

from wta import names
from wta.ledger import Advance, Ledger, Utterance
from wta.messages import Error, Final, Label, ResultStatus, Sentiment, Word
from wta.names import Stage


@dataclass(frozen=True)
class Heard:
    """One utterance with its audio (PCM16, 16 kHz)."""

    utterance: Utterance
    pcm16: bytes

    @property
    def start_sample(self) -> int:
        return round(self.utterance.start_s * 16_000)

    @property
    def end_sample(self) -> int:
        return self.start_sample + len(self.pcm16) // 2


def heard(ledger: Ledger, client: redis.Redis, session_id: str) -> list[Heard]:
    """What the ledger holds of a session, in order."""
    rows = ledger.utterances(session_id)
    return [Heard(u, client.get(names.audio_key(u.utterance_id)) or b"") for u in rows]


def give_text(ledger: Ledger, utterance_id: str, text: str) -> None:
    utterance = ledger.claim(utterance_id, Stage.AUDIO, "test").utterance
    assert utterance
    event = Final(
        utterance_id=utterance_id, seq=utterance.seq, start=utterance.start_s, end=utterance.end_s, text=text,
        language="en", avg_logprob=-0.25, words=_words(text, utterance) if utterance.options.words else None,
    )  # fmt: skip
    assert ledger.advance(Advance(Stage.TEXT, replace(utterance, text=text), event), Stage.AUDIO)


def _words(text: str, utterance: Utterance) -> tuple[Word, ...]:
    start, end = utterance.start_s, utterance.end_s
    return tuple(Word(word=word, start=start, end=end, probability=0.5) for word in text.split())


def give_up(ledger: Ledger, utterance_id: str) -> None:
    utterance = ledger.claim(utterance_id, Stage.AUDIO, "test").utterance
    assert utterance
    event = Error(
        code="utterance_failed", message=f"Sentence {utterance.seq} could not be understood.", retryable=False,
        utterance_id=utterance_id, seq=utterance.seq,
    )  # fmt: skip
    failed = replace(utterance, reason="it kills workers")
    assert ledger.advance(Advance(Stage.FAILED, failed, event, failed.to_result(ResultStatus.FAILED)), Stage.AUDIO)


def give_sentiment(ledger: Ledger, utterance_id: str) -> None:
    utterance = ledger.claim(utterance_id, Stage.TEXT, "test").utterance
    assert utterance
    done = replace(utterance, label=Label.POSITIVE, score=0.75, scores={"POSITIVE": 0.75})
    event = Sentiment(utterance_id=utterance_id, seq=done.seq, label=done.label, score=done.score)
    assert ledger.advance(Advance(Stage.DONE, done, event, done.to_result()), Stage.TEXT)


def answer_all(ledger: Ledger, session_id: str, text: str = "some words") -> list[str]:
    """Text and sentiment for everything that waits; returns the ids."""
    ids = [u.utterance_id for u in ledger.utterances(session_id) if u.stage is Stage.AUDIO]
    for utterance_id in ids:
        give_text(ledger, utterance_id, text)
        give_sentiment(ledger, utterance_id)
    return ids
