"""The ledger against a real Redis: durable, leased, committed once."""

from __future__ import annotations

import time

import pytest
import redis

from tests.support.ledger_entries import PCM, append, heard, judged
from tests.support.wait import wait_until
from wta import names
from wta.errors import SessionFencedError, UnknownSessionError
from wta.ledger import Advance, ClaimStatus, Ledger
from wta.messages import Label, NoSpeech, Options, Result
from wta.names import Stage
from wta.settings import Settings


def test_an_utterance_goes_from_audio_to_a_published_result(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given somebody who listens, and audio in the ledger
    channel = redis_client.pubsub()
    channel.subscribe(names.RESULT_CHANNEL)
    session = ledger.open_session(48_000)
    uid = append(ledger, session)
    assert ledger.queue_seconds() == pytest.approx(1.0)

    # When a worker makes it text, expect the audio to be gone
    claim = ledger.claim(uid, Stage.AUDIO, "me")
    assert claim.status is ClaimStatus.CLAIMED and claim.pcm16 == PCM and claim.utterance
    assert ledger.advance(heard(claim.utterance), Stage.AUDIO)
    assert ledger.queue_seconds() == 0
    assert not redis_client.exists(names.audio_key(uid)), "audio is removed once it is text"
    # When another one adds the sentiment
    second = ledger.claim(uid, Stage.TEXT, "you")
    assert second.utterance and second.utterance.text == "hello" and second.utterance.attempts == 1
    assert ledger.advance(judged(second.utterance), Stage.TEXT)

    # Expect one result in the stream and on the channel, two events, and nothing left to do
    stored = [Result.model_validate_json(f[b"json"]) for _, f in redis_client.xrange(names.RESULTS_STREAM)]
    assert [(r.utterance_id, r.text, r.label) for r in stored] == [(uid, "hello", Label.POSITIVE)]
    events = [f[b"json"] for _, f in redis_client.xrange(names.events_key(session.session_id))]
    assert [b'"final"' in events[0], b'"sentiment"' in events[1]] == [True, True]
    published = wait_until(lambda: channel.get_message(ignore_subscribe_messages=True), 5, "nothing was published")
    assert Result.model_validate_json(published["data"]) == stored[0]
    assert ledger.unfinished(session.session_id) == 0 and not redis_client.zcard(names.PENDING)
    (row,) = ledger.utterances(session.session_id)
    assert (row.stage, row.label, row.timings.cut) == (Stage.DONE, Label.POSITIVE, 2.0)


def test_a_second_commit_of_the_same_stage_is_refused(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    utterance = ledger.claim(uid, Stage.AUDIO, "slow").utterance
    assert utterance
    assert ledger.advance(heard(utterance, "first"), Stage.AUDIO)
    assert not ledger.advance(heard(utterance, "second"), Stage.AUDIO)
    assert (found := ledger.get(uid)) and found.text == "first"
    assert ledger.claim(uid, Stage.AUDIO, "late").status is ClaimStatus.PAST


def test_a_live_lease_keeps_others_out_until_it_runs_out(ledger: Ledger) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    assert ledger.claim(uid, Stage.AUDIO, "one").status is ClaimStatus.CLAIMED
    assert ledger.claim(uid, Stage.AUDIO, "two").status is ClaimStatus.BUSY
    assert ledger.renew(uid, "one") and not ledger.renew(uid, "two")
    wait_until(lambda: ledger.claim(uid, Stage.AUDIO, "two").status is ClaimStatus.CLAIMED, 5, "the lease never ended")
    assert not ledger.renew(uid, "one"), "the lease is the other's now"


def test_overdue_utterances_are_named_again_ever_later(ledger: Ledger) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    assert ledger.overdue() == []
    assert wait_until(ledger.overdue, 5, "never overdue") == [(uid, Stage.AUDIO)]
    assert ledger.overdue() == []
    assert wait_until(ledger.overdue, 5, "only once overdue") == [(uid, Stage.AUDIO)]


def test_who_waited_long_for_a_worker_does_not_wait_as_long_for_the_next(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings
) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    redis_client.hset(names.utterance_key(uid), "requeues", 8)  # a queue of several minutes
    assert ledger.claim(uid, Stage.AUDIO, "a worker that dies").status is ClaimStatus.CLAIMED
    assert wait_until(ledger.overdue, 5, "its lease never ran out") == [(uid, Stage.AUDIO)]
    due = redis_client.zscore(names.PENDING, uid)
    assert isinstance(due, float) and due <= time.time() + settings.requeue_s


def test_the_attempts_of_an_utterance_run_out(ledger: Ledger) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    statuses = []
    for _ in range(4):
        statuses.append(ledger.claim(uid, Stage.AUDIO, "me").status)
        assert ledger.release(uid, "me", 0.0)
    assert statuses == [ClaimStatus.CLAIMED] * 3 + [ClaimStatus.EXHAUSTED]


def test_whatever_is_kept_for_one_session_runs_out(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a session with an utterance that is done, one that failed and one that waits
    session = ledger.open_session(16_000)
    ledger.acknowledge(session, 100)
    uids = [append(ledger, session, seq) for seq in (1, 2, 3)]
    done, failed = (ledger.claim(uid, Stage.AUDIO, "me").utterance for uid in uids[:2])
    assert done and failed
    assert ledger.advance(heard(done), Stage.AUDIO) and ledger.advance(judged(done), Stage.TEXT)
    assert ledger.advance(Advance(Stage.FAILED, failed), Stage.AUDIO)
    # Expect a time to live at every key but those that all sessions share
    kept = {key.decode(): redis_client.ttl(key) for key in redis_client.scan_iter()}
    shared = {names.PENDING, names.WAITING, names.DEAD, names.RESULTS_STREAM}
    assert {key for key, ttl_s in kept.items() if ttl_s < 0} == shared


def test_a_forgotten_utterance_counts_nowhere(ledger: Ledger, redis_client: redis.Redis, settings: Settings) -> None:
    # Given two utterances whose time is over
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2)]
    redis_client.delete(*map(names.utterance_key, uids))  # as when their retention time is over
    # Expect them to be missing, and to be taken out of what waits
    assert ledger.claim(uids[0], Stage.AUDIO, "me").status is ClaimStatus.MISSING
    assert ledger.queue_seconds() == pytest.approx(1.0)
    wait_until(lambda: ledger.overdue() or not redis_client.zcard(names.PENDING), 5, "still pending")
    assert ledger.queue_seconds() == 0

    # When another one fails, expect a dead one that is forgotten to leave the list
    redis_client.zadd(names.DEAD, {"long-gone:1": time.time() - settings.retention_s - 1})
    uid = append(ledger, session, seq=3)
    utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
    assert utterance and ledger.advance(Advance(Stage.FAILED, utterance), Stage.AUDIO)
    assert redis_client.zrange(names.DEAD, 0, -1) == [uid.encode()]


def test_no_speech_ends_an_utterance_without_a_result(ledger: Ledger, redis_client: redis.Redis) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
    assert utterance
    assert ledger.advance(Advance(Stage.EMPTY, utterance, NoSpeech(utterance_id=uid, seq=1)), Stage.AUDIO)
    assert not redis_client.exists(names.RESULTS_STREAM, names.PENDING)


def test_appending_twice_changes_nothing(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    assert append(ledger, session) == append(ledger, session)
    assert len(ledger.utterances(session.session_id)) == 1
    append(ledger, session, seq=2)
    assert [u.seq for u in ledger.utterances(session.session_id)] == [1, 2]


def test_a_resumed_session_fences_the_older_connection(ledger: Ledger) -> None:
    # Given a session with options and an acknowledged sample
    asked = Options(language="ko", task="translate", endpoint_ms=700, words=True)
    old = ledger.open_session(44_100, asked)
    append(ledger, old)
    ledger.acknowledge(old, 80_000)
    # When it is resumed
    new = ledger.resume_session(old.resume_token)
    # Expect it to go on where it was
    assert (new.acked_sample, new.next_seq, new.sample_rate_hz, new.options) == (80_000, 2, 44_100, asked)
    assert [u.options for u in ledger.utterances(old.session_id)] == [asked]
    # Expect the older connection to write no more
    with pytest.raises(SessionFencedError):
        append(ledger, old, seq=2)
    with pytest.raises(SessionFencedError):
        ledger.acknowledge(old, 90_000)
    append(ledger, new, seq=2)


def test_the_acknowledged_sample_never_goes_back(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    ledger.acknowledge(session, 5_000)
    ledger.acknowledge(session, 4_000)
    assert ledger.resume_session(session.resume_token).acked_sample == 5_000


def test_only_the_right_token_resumes_or_reads(ledger: Ledger) -> None:
    session, other = ledger.open_session(16_000), ledger.open_session(16_000)
    forged = f"{session.session_id}.{other.resume_token.partition('.')[2]}"
    with pytest.raises(UnknownSessionError):
        ledger.resume_session(forged)
    assert ledger.may_read(session.session_id, session.resume_token)
    assert not ledger.may_read(session.session_id, other.resume_token)
    assert not ledger.may_read("nobody", "x")


def test_a_deleted_session_leaves_nothing(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a session with one utterance done and one that waits
    session = ledger.open_session(16_000)
    done, waiting = append(ledger, session), append(ledger, session, seq=2)
    utterance = ledger.claim(done, Stage.AUDIO, "me").utterance
    assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
    assert ledger.advance(judged(utterance), Stage.TEXT)
    # When it is deleted
    ledger.delete_session(session.session_id)
    # Expect nothing of it to be kept or worked on
    assert not [key for key in redis_client.scan_iter() if session.session_id.encode() in key]
    assert not redis_client.xlen(names.RESULTS_STREAM) and not redis_client.exists(names.PENDING, names.WAITING)
    assert ledger.claim(waiting, Stage.AUDIO, "late").status is ClaimStatus.MISSING
    with pytest.raises(SessionFencedError):
        append(ledger, session, seq=3)


def test_memory_is_told_as_a_share_of_the_limit(ledger: Ledger, redis_client: redis.Redis) -> None:
    assert 0 < ledger.memory_fraction() < 0.5
    redis_client.config_set("maxmemory", int(redis_client.info("memory")["used_memory"] * 1.25))
    try:
        assert 0.7 < ledger.memory_fraction() < 1.0
    finally:
        redis_client.config_set("maxmemory", "1gb")
