"""The ledger against a real Redis: durable, leased, committed once."""

from __future__ import annotations

import time

import pytest
import redis

from tests.support.ledger_entries import PCM, append, heard, judged
from tests.support.wait import wait_until
from wta import names
from wta.errors import LedgerWentBackError, SessionFencedError, UnknownSessionError
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


def test_a_ledger_that_went_back_acknowledges_nothing_more(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a session with two utterances, of which Redis has lost the second (a failover, a restored backup)
    session = ledger.open_session(16_000)
    append(ledger, session), append(ledger, session, 2)
    redis_client.hset(names.session_key(session.session_id), mapping={"next_seq": 2, "acked_sample": 72_000})
    # Expect neither a third nor silence behind it to be taken, but a resumed session to go on where the ledger is
    with pytest.raises(LedgerWentBackError):
        append(ledger, session, 3)
    with pytest.raises(LedgerWentBackError):
        ledger.acknowledge(session, 200_000, next_seq=3)
    resumed = ledger.resume_session(session.resume_token)
    assert (resumed.next_seq, resumed.acked_sample) == (2, 72_000)
    append(ledger, resumed, 2)


def test_a_session_counts_what_is_unfinished(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2)]
    assert (ledger.unfinished(session.session_id), ledger.untranscribed(session.session_id)) == (2, 2)
    for uid in uids:
        utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
        assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
    assert (ledger.unfinished(session.session_id), ledger.untranscribed(session.session_id)) == (2, 0)
    utterance = ledger.claim(uids[0], Stage.TEXT, "me").utterance
    assert utterance and ledger.advance(judged(utterance), Stage.TEXT)
    assert ledger.unfinished(session.session_id) == 1


def test_whatever_is_kept_for_one_session_runs_out(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a session with an utterance that is done, one that failed and one that waits
    session = ledger.open_session(16_000)
    ledger.acknowledge(session, 100, next_seq=1)
    uids = [append(ledger, session, seq) for seq in (1, 2, 3)]
    done, failed = (ledger.claim(uid, Stage.AUDIO, "me").utterance for uid in uids[:2])
    assert done and failed
    assert ledger.advance(heard(done), Stage.AUDIO) and ledger.advance(judged(done), Stage.TEXT)
    assert ledger.advance(Advance(Stage.FAILED, failed), Stage.AUDIO)
    # Expect a time to live at every key but those that all sessions share
    kept = {key.decode(): redis_client.ttl(key) for key in redis_client.scan_iter()}
    shared = {
        names.PENDING, names.due_key(Stage.AUDIO), names.WAITING, names.WAITING_MS, names.DEAD, names.RESULTS_STREAM,
        names.AUDIO_QUEUE, names.TEXT_QUEUE,
    }  # fmt: skip
    assert {key for key, ttl_s in kept.items() if ttl_s < 0} == shared


def test_a_forgotten_utterance_counts_nowhere(ledger: Ledger, redis_client: redis.Redis, settings: Settings) -> None:
    # Given two utterances whose time is over
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2)]
    redis_client.delete(*map(names.utterance_key, uids))  # as when their retention time is over
    # Expect them to be missing, and to be taken out of what waits
    assert ledger.claim(uids[0], Stage.AUDIO, "me").status is ClaimStatus.MISSING
    assert ledger.queue_seconds() == pytest.approx(1.0)
    assert not ledger.wake(Stage.AUDIO) and not redis_client.zcard(names.PENDING)
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
    ledger.acknowledge(old, 80_000, next_seq=2)
    # When it is resumed
    new = ledger.resume_session(old.resume_token)
    # Expect it to go on where it was
    assert (new.acked_sample, new.next_seq, new.sample_rate_hz, new.options) == (80_000, 2, 44_100, asked)
    assert [u.options for u in ledger.utterances(old.session_id)] == [asked]
    # Expect the older connection to write no more
    with pytest.raises(SessionFencedError):
        append(ledger, old, seq=2)
    with pytest.raises(SessionFencedError):
        ledger.acknowledge(old, 90_000, next_seq=2)
    append(ledger, new, seq=2)


def test_the_acknowledged_sample_never_goes_back(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    ledger.acknowledge(session, 5_000, next_seq=1)
    ledger.acknowledge(session, 4_000, next_seq=1)
    assert ledger.resume_session(session.resume_token).acked_sample == 5_000


def test_only_the_right_token_resumes_or_reads(ledger: Ledger) -> None:
    session, other = ledger.open_session(16_000), ledger.open_session(16_000)
    forged = f"{session.session_id}.{other.resume_token.partition('.')[2]}"
    with pytest.raises(UnknownSessionError):
        ledger.resume_session(forged)
    assert ledger.may_read(session.session_id, session.resume_token)
    assert not ledger.may_read(session.session_id, other.resume_token)
    assert not ledger.may_read("nobody", "x")
    # What is no session's id is no other key of Redis either
    for id_ in (f"{session.session_id}:events", f"{session.session_id}\n", "", "g" * 16):
        assert not ledger.may_read(id_, session.resume_token)
        with pytest.raises(UnknownSessionError):
            ledger.resume_session(f"{id_}.x")


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
