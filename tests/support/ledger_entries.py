"""Utterances at every stage of the ledger, as the services put them there."""

from __future__ import annotations

from dataclasses import replace

from wta.ledger import Advance, Ledger, Session, Utterance
from wta.messages import Error, Final, Label, ResultStatus, Sentiment, Timings
from wta.names import Stage

PCM = b"\x01\x00" * 16_000


def append(ledger: Ledger, session: Session, seq: int = 1) -> str:
    return ledger.append(session, seq, PCM, 0.5, 1.5, 72_000, Timings(captured=1.0, cut=2.0), "trace")


def heard(utterance: Utterance, text: str = "hello") -> Advance:
    event = Final(utterance_id=utterance.utterance_id, seq=utterance.seq, start=0.5, end=1.5, text=text)
    return Advance(Stage.TEXT, replace(utterance, text=text), event)


def judged(utterance: Utterance) -> Advance:
    done = replace(utterance, label=Label.POSITIVE, score=0.9, scores={"POSITIVE": 0.9})
    event = Sentiment(utterance_id=done.utterance_id, seq=done.seq, label=done.label, score=done.score)
    return Advance(Stage.DONE, done, event, done.to_result())


def give_up(ledger: Ledger, uid: str, stage: Stage) -> None:
    """Give an utterance up at `stage`, as StageRunner does."""
    utterance = ledger.claim(uid, stage, "me").utterance
    assert utterance
    failed = replace(utterance, reason="It broke.")
    event = Error(code="utterance_failed", message="No.", retryable=False, utterance_id=uid, seq=utterance.seq)
    advance = Advance(Stage.FAILED, failed, event, failed.to_result(ResultStatus.FAILED))
    assert ledger.advance(advance, stage)


def not_understood(ledger: Ledger, session: Session, seq: int = 1) -> str:
    uid = append(ledger, session, seq)
    give_up(ledger, uid, Stage.AUDIO)
    return uid
