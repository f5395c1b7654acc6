"""Utterances that were given up, against a real Redis: listed, tried again, let rest."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.support.ledger_entries import PCM, append, give_up, heard, judged, not_understood
from wta import names
from wta.ledger import ClaimStatus, Ledger, RetryOutcome, Session
from wta.messages import Result, ResultStatus
from wta.names import Stage
from wta.settings import Settings


def not_analysed(ledger: Ledger, session: Session, seq: int = 1) -> str:
    uid = append(ledger, session, seq)
    utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
    assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
    give_up(ledger, uid, Stage.TEXT)
    return uid


def results(client: redis.Redis) -> list[Result]:
    return [Result.model_validate_json(fields[b"json"]) for _, fields in client.xrange(names.RESULTS_STREAM)]


def test_utterances_that_were_given_up_are_listed_with_what_is_known_of_them(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    first, second = not_understood(ledger, session), not_analysed(ledger, session, 2)
    newest, older = ledger.dead.newest(10)
    assert (newest.utterance_id, newest.stage, newest.retryable) == (second, Stage.TEXT, True)
    assert (older.utterance_id, older.stage, older.retryable, older.reason) == (first, Stage.AUDIO, True, "It broke.")
    assert older.audio_s == 1.0 and older.since_s == pytest.approx(time.time(), abs=60)
    assert ledger.dead.count() == 2 and [each.utterance_id for each in ledger.dead.newest(1)] == [second]


def test_an_utterance_that_was_not_understood_is_heard_again(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings
) -> None:
    # Given an utterance that was given up as audio
    uid = not_understood(ledger, ledger.open_session(16_000))
    # When it is tried again
    assert ledger.dead.retry(uid) is RetryOutcome.AUDIO
    # Expect it to be due at once, with its failure taken back
    assert ledger.dead.newest(10) == [] and results(redis_client) == [], "its failure is no result any more"
    assert ledger.queue_seconds() == pytest.approx(1.0)
    redis_client.delete(names.AUDIO_QUEUE)
    assert ledger.wake(Stage.AUDIO) == 1, "nobody wakes a worker for it"
    kept = redis_client.ttl(names.utterance_key(uid))
    assert kept == pytest.approx(settings.unfinished_retention_s, abs=60) == redis_client.ttl(names.audio_key(uid))

    # When workers do their part, expect one result with its text, and nothing left to do
    claim = ledger.claim(uid, Stage.AUDIO, "you")
    assert claim.utterance and claim.pcm16 == PCM
    assert (claim.status, claim.utterance.attempts, claim.utterance.reason) == (ClaimStatus.CLAIMED, 1, None)
    assert ledger.advance(heard(claim.utterance), Stage.AUDIO)
    text = ledger.claim(uid, Stage.TEXT, "you").utterance
    assert text and ledger.advance(judged(text), Stage.TEXT)
    assert [(r.status, r.text, r.reason) for r in results(redis_client)] == [(ResultStatus.DONE, "hello", None)]
    assert not redis_client.exists(names.audio_key(uid)) and not redis_client.zcard(names.PENDING)


def test_an_utterance_that_was_not_analysed_keeps_its_text(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = not_analysed(ledger, ledger.open_session(16_000))
    assert ledger.dead.retry(uid) is RetryOutcome.TEXT
    assert ledger.queue_seconds() == 0, "nothing waits to be transcribed"
    claim = ledger.claim(uid, Stage.TEXT, "you")
    assert claim.utterance and claim.utterance.text == "hello"
    assert ledger.advance(judged(claim.utterance), Stage.TEXT)
    assert [r.status for r in results(redis_client)] == [ResultStatus.DONE]


def test_an_utterance_that_fails_again_is_listed_again(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = not_understood(ledger, ledger.open_session(16_000))
    assert ledger.dead.retry(uid) is RetryOutcome.AUDIO
    give_up(ledger, uid, Stage.AUDIO)
    assert [each.utterance_id for each in ledger.dead.newest(10)] == [uid]
    assert [r.status for r in results(redis_client)] == [ResultStatus.FAILED]
    assert ledger.dead.retry(uid) is RetryOutcome.AUDIO


def test_of_many_retries_at_once_one_counts(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = not_understood(ledger, ledger.open_session(16_000))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ledger.dead.retry, [uid] * 16))
    assert sorted(answers) == [RetryOutcome.AUDIO] + [RetryOutcome.UNKNOWN] * 15
    assert redis_client.zcard(names.PENDING) == 1


def test_an_utterance_without_its_audio_cannot_be_tried_again(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = not_understood(ledger, ledger.open_session(16_000))
    redis_client.delete(names.audio_key(uid))  # as when its time is over
    assert [each.retryable for each in ledger.dead.newest(10)] == [False]
    assert ledger.dead.retry(uid) is RetryOutcome.NO_AUDIO
    assert ledger.dead.count() == 1 and not redis_client.zcard(names.PENDING)


def test_a_dismissed_utterance_stays_failed_and_loses_its_audio(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid, other = (not_understood(ledger, session) for session in (ledger.open_session(16_000) for _ in range(2)))
    assert ledger.dead.dismiss(uid) and not ledger.dead.dismiss(uid)
    assert not redis_client.exists(names.audio_key(uid)) and redis_client.exists(names.audio_key(other))
    assert (found := ledger.get(uid)) and found.stage is Stage.FAILED
    assert ledger.dead.retry(uid) is RetryOutcome.NO_AUDIO
    text = not_analysed(ledger, ledger.open_session(16_000))
    assert ledger.dead.dismiss(text) and ledger.dead.retry(text) is RetryOutcome.UNKNOWN


def test_an_utterance_that_is_tried_again_cannot_be_dismissed(ledger: Ledger) -> None:
    uid = not_understood(ledger, ledger.open_session(16_000))
    assert ledger.dead.retry(uid) is RetryOutcome.AUDIO
    assert not ledger.dead.dismiss(uid)
    assert ledger.claim(uid, Stage.AUDIO, "you").pcm16 == PCM


@pytest.mark.parametrize("uid", ["nobody:1", "x"])
def test_an_unknown_utterance_is_neither_tried_again_nor_dismissed(ledger: Ledger, uid: str) -> None:
    assert ledger.dead.retry(uid) is RetryOutcome.UNKNOWN and not ledger.dead.dismiss(uid)


def test_a_deleted_or_forgotten_utterance_leaves_the_list(ledger: Ledger, redis_client: redis.Redis) -> None:
    deleted, forgotten = ledger.open_session(16_000), ledger.open_session(16_000)
    uid, gone = not_understood(ledger, deleted), not_understood(ledger, forgotten)
    assert ledger.delete_session(deleted.session_id)
    assert ledger.dead.retry(uid) is RetryOutcome.UNKNOWN
    redis_client.delete(names.utterance_key(gone))
    assert ledger.dead.newest(10) == [] and ledger.dead.count() == 0


def test_a_session_that_is_deleted_takes_the_text_of_its_retries_along(
    ledger: Ledger, redis_client: redis.Redis
) -> None:
    session = ledger.open_session(16_000)
    uid = not_analysed(ledger, session)
    assert ledger.dead.retry(uid) is RetryOutcome.TEXT
    utterance = ledger.claim(uid, Stage.TEXT, "you").utterance
    assert utterance and ledger.advance(judged(utterance), Stage.TEXT)
    ledger.delete_session(session.session_id)
    assert results(redis_client) == []
