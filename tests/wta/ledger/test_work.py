"""The workers' side of the ledger against a real Redis: leases, wake-ups, whose turn it is, and attempts."""

from __future__ import annotations

import json

import pytest
import redis

from tests.support.ledger_entries import append, heard
from tests.support.wait import wait_until
from wta import names
from wta.broker.wakeups import MOST_WAKEUPS
from wta.ledger import ClaimStatus, Ledger
from wta.names import Stage
from wta.settings import Settings


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


def test_a_wake_up_is_sent_for_what_waits_and_for_what_nobody_works_on(
    ledger: Ledger, redis_client: redis.Redis
) -> None:
    # Given an utterance whose wake-up was lost
    uid = append(ledger, ledger.open_session(16_000))
    assert redis_client.rpop(names.AUDIO_QUEUE) and ledger.backlog().audio_s == 1.0
    # Expect another wake-up at the next look, and no more while that one waits
    assert [ledger.wake(Stage.AUDIO) for _ in range(3)] == [1, 0, 0]
    # When a worker claims it and dies, expect one more once its lease has run out
    assert redis_client.rpop(names.AUDIO_QUEUE)
    assert [c.utterance.utterance_id for c in ledger.claim_next(Stage.AUDIO, "a worker that dies") if c.utterance] == [
        uid
    ]
    assert ledger.wake(Stage.AUDIO) == 0 and ledger.backlog().audio_s == 0
    wait_until(lambda: ledger.wake(Stage.AUDIO), 5, "its lease never ran out")


def test_any_number_of_utterances_has_a_bounded_number_of_wake_ups(
    redis_client: redis.Redis, settings: Settings
) -> None:
    # Given more utterances than a queue may hold messages, and nobody who works
    ledger = Ledger(redis_client, settings.model_copy(update={"lease_s": 600}))
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in range(1, MOST_WAKEUPS + 51)]
    assert redis_client.llen(names.AUDIO_QUEUE) == MOST_WAKEUPS
    # When the reconciler looks for as long as it likes
    assert sum(ledger.wake(Stage.AUDIO) for _ in range(100)) == 0
    # Expect each wake-up to be another message, and one that carries no id
    messages = [json.loads(message) for message in redis_client.lrange(names.AUDIO_QUEUE, 0, -1)]
    assert len({message["properties"]["delivery_tag"] for message in messages}) == MOST_WAKEUPS
    # When workers take them one by one, expect all to be claimed, in order, though there were fewer messages
    claimed = []
    while redis_client.rpop(names.AUDIO_QUEUE):
        claimed += [claim.utterance.utterance_id for claim in ledger.claim_next(Stage.AUDIO, "me") if claim.utterance]
    assert claimed == uids


def test_a_claim_whose_reply_was_lost_answers_the_same_again(
    ledger: Ledger, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two utterances, and a client that asks twice with one and the same nonce, as redis-py does
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2)]
    monkeypatch.setattr("wta.ledger.work.secrets.token_hex", lambda _: "nonce")
    # Expect the same utterance both times, and one attempt
    for _ in range(2):
        (claim,) = ledger.claim_next(Stage.AUDIO, "me")
        assert claim.utterance and (claim.utterance.utterance_id, claim.utterance.attempts) == (uids[0], 1)
    # and a commit that is said twice is the same worker's
    assert ledger.advance(heard(claim.utterance), Stage.AUDIO, "me")
    assert ledger.advance(heard(claim.utterance), Stage.AUDIO, "me")
    assert not ledger.advance(heard(claim.utterance), Stage.AUDIO, "another")
    assert redis_client.xlen(names.events_key(session.session_id)) == 1


def test_those_whose_turn_it_is_are_claimed_together_but_never_beside_one_that_failed(ledger: Ledger) -> None:
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in range(1, 6)]
    assert ledger.claim(uids[0], Stage.AUDIO, "me").utterance and ledger.release(uids[0], "me", -10)
    found = [
        [c.utterance.utterance_id for c in ledger.claim_next(Stage.AUDIO, "me", 3) if c.utterance] for _ in range(3)
    ]
    assert found == [uids[:1], uids[1:4], uids[4:]]


def test_a_sentence_just_spoken_stands_before_a_talk_sent_at_once_but_not_for_ever(
    ledger: Ledger, redis_client: redis.Redis
) -> None:
    # Given a talk whose sentences all wait, and somebody who has just spoken one
    talk, live = ledger.open_session(16_000), ledger.open_session(16_000)
    sent = [append(ledger, talk, seq) for seq in (1, 2, 3)]
    spoken = append(ledger, live)
    # and one sentence of the talk that has waited too long
    redis_client.zincrby(names.due_key(Stage.AUDIO), -31, sent[0])
    redis_client.zadd(names.due_key(Stage.AUDIO), {"junk": 0, "": 0})
    # When workers claim, expect what is late, then the speaker's, then the rest
    claims = [ledger.claim_next(Stage.AUDIO, "me")[0].utterance for _ in range(4)]
    assert [u.utterance_id for u in claims if u] == [sent[0], spoken, *sent[1:]]


def test_the_attempts_of_an_utterance_run_out(ledger: Ledger) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    statuses = []
    for _ in range(4):
        statuses.append(ledger.claim(uid, Stage.AUDIO, "me").status)
        assert ledger.release(uid, "me", 0.0)
    assert statuses == [ClaimStatus.CLAIMED] * 3 + [ClaimStatus.EXHAUSTED]


def test_several_are_committed_in_one_trip_each_by_itself(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given three utterances, of which another worker has committed the second
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2, 3)]
    claimed = [claim.utterance for claim in ledger.claim_next(Stage.AUDIO, "me", 3) if claim.utterance]
    assert ledger.advance(heard(claimed[1], "theirs"), Stage.AUDIO, "another")
    redis_client.delete(names.TEXT_QUEUE)
    # When all are committed together, expect the others, and a wake-up for each of these
    assert ledger.advance_all([heard(one, "mine") for one in claimed], Stage.AUDIO, "me") == [True, False, True]
    assert [found.text for uid in uids if (found := ledger.get(uid))] == ["mine", "theirs", "mine"]
    assert redis_client.llen(names.TEXT_QUEUE) == 2


def test_what_redis_refuses_in_a_batch_holds_up_nothing_else(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given two claimed sentences, for the first of which Redis refuses to keep the event
    sessions = [ledger.open_session(16_000) for _ in range(2)]
    uids = [append(ledger, session) for session in sessions]
    claimed = [claim.utterance for uid in uids if (claim := ledger.claim(uid, Stage.AUDIO, "me")).utterance]
    redis_client.set(names.events_key(sessions[0].session_id), "something else")
    redis_client.delete(names.TEXT_QUEUE)
    # When both are committed together, expect the error, the other one, and its wake-up
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        ledger.advance_all([heard(one, "mine") for one in claimed if one], Stage.AUDIO, "me")
    found = ledger.get(uids[1])
    assert found and found.text == "mine" and redis_client.llen(names.TEXT_QUEUE) == 1
