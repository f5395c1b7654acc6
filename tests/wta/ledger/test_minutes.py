"""What happened in each minute, against a real Redis."""

from __future__ import annotations

from itertools import pairwise

import pytest
import redis

from tests.support.ledger_entries import append, give_up, heard, judged
from wta import names
from wta.ledger import Ledger
from wta.ledger.minutes import KEPT_MINUTES
from wta.messages import Label
from wta.names import Stage


def test_each_result_is_counted_once_as_it_is_committed(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given two results, one committed twice, and a failure
    session = ledger.open_session(16_000)
    uids = [append(ledger, session, seq) for seq in (1, 2, 3)]
    for uid in uids[:2]:
        utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
        assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
        assert ledger.advance(judged(utterance), Stage.TEXT) and not ledger.advance(judged(utterance), Stage.TEXT)
    give_up(ledger, uids[2], Stage.AUDIO)

    # When the last hour is asked for
    minutes = ledger.minutes.last_hour(ledger.minutes.now_s())
    # Expect a row a minute, and each result in the newest (or the one before, which may have ended meanwhile)
    assert len(minutes) == KEPT_MINUTES
    assert {b.begins_s - a.begins_s for a, b in pairwise(minutes)} == {60}
    # the minute may have ended meanwhile
    assert (sum(m.done for m in minutes[-2:]), sum(m.failed for m in minutes[-2:])) == (2, 1)
    assert sum(m.audio_s for m in minutes[-2:]) == pytest.approx(3.0)
    assert sum(m.labels.get(Label.POSITIVE, 0) for m in minutes[-2:]) == 2
    assert sum(m.done for m in minutes[:-2]) == 0
    assert all(redis_client.ttl(key) > 0 for key in redis_client.scan_iter("dashboard:*"))


def test_errors_are_added_to_the_minute_in_which_they_are_told(ledger: Ledger) -> None:
    ledger.minutes.add_errors({"full": 2})
    ledger.minutes.add_errors({"full": 1, "audio:ValueError": 4})
    minutes = ledger.minutes.last_hour(ledger.minutes.now_s())
    assert sum(m.errors.get("full", 0) for m in minutes[-2:]) == 3
    assert sum(m.errors.get("audio:ValueError", 0) for m in minutes[-2:]) == 4
    assert minutes[-1].done == 0 and not minutes[-1].labels


def test_what_is_older_than_an_hour_is_not_shown(ledger: Ledger, redis_client: redis.Redis) -> None:
    now_s = ledger.minutes.now_s()
    redis_client.hset(names.minute_key(int(now_s) // 60 - KEPT_MINUTES), "done", 5)
    assert sum(minute.done for minute in ledger.minutes.last_hour(now_s)) == 0
