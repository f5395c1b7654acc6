"""Results are forgotten after `retention_s`, but not before those who must not miss one have them."""

from __future__ import annotations

import pytest
import redis

from tests.support.ledger_entries import append, heard, judged, not_understood
from wta import names
from wta.ledger import Ledger, ResultsRetention
from wta.names import Stage
from wta.settings import Settings

_HOUR_MS = 3_600_000


@pytest.fixture
def retention(redis_client: redis.Redis, settings: Settings) -> ResultsRetention:
    """Results go after a day, and are waited for a week long."""
    return ResultsRetention(redis_client, settings)


def add(client: redis.Redis, *hours_ago: float) -> list[str]:
    """Put results of these ages into the stream, the oldest first; returns their ids."""
    seconds, _ = client.time()
    ids = [f"{int(seconds * 1000 - hours * _HOUR_MS)}-0" for hours in hours_ago]
    return [client.xadd(names.RESULTS_STREAM, {"json": "{}"}, id=id_).decode() for id_ in ids]


def kept(client: redis.Redis) -> list[str]:
    return [id_.decode() for id_, _ in client.xrange(names.RESULTS_STREAM)]


def test_a_result_goes_after_its_time_once_it_is_in_the_log(
    retention: ResultsRetention, redis_client: redis.Redis
) -> None:
    # Given results of three days, of which the listener has written all that are older than an hour
    old, older_than_a_day, yesterday, fresh = add(redis_client, 70, 25, 23, 0.5)
    redis_client.set(names.LISTENER_CURSOR, yesterday)
    # Expect those of the last day to stay
    assert retention.trim() == 2 and kept(redis_client) == [yesterday, fresh]
    assert retention.trim() == 0
    assert old < older_than_a_day


def test_the_newest_written_result_goes_as_well(retention: ResultsRetention, redis_client: redis.Redis) -> None:
    (last,) = add(redis_client, 30)
    redis_client.set(names.LISTENER_CURSOR, last)
    assert retention.trim() == 1 and kept(redis_client) == []


@pytest.mark.parametrize("cursor", [True, False], ids=["a listener that is away", "no listener so far"])
def test_a_listener_that_is_away_is_waited_for_a_week_long(
    cursor: bool, retention: ResultsRetention, redis_client: redis.Redis
) -> None:
    written, forgotten, *waiting = add(redis_client, 200, 169, 160, 30, 1)
    if cursor:
        redis_client.set(names.LISTENER_CURSOR, written)
    assert retention.trim() == 2 and kept(redis_client) == waiting
    assert forgotten not in waiting


def test_webhooks_are_waited_for(retention: ResultsRetention, redis_client: redis.Redis) -> None:
    # Given an old result that was delivered, one that is owed, one of which the webhook worker knows nothing yet
    delivered, owed, new = add(redis_client, 60, 50, 40)
    redis_client.set(names.LISTENER_CURSOR, new)
    redis_client.set(names.WEBHOOK_CURSOR, owed)
    redis_client.zadd(names.WEBHOOKS_PENDING, {f"a1b2c3d4:{owed}": 1.0})
    assert retention.trim() == 1 and kept(redis_client) == [owed, new] and delivered < owed
    # When it is delivered, expect the new one to be waited for
    redis_client.delete(names.WEBHOOKS_PENDING)
    assert retention.trim() == 1 and kept(redis_client) == [new]


def test_a_delivery_that_nobody_made_for_a_week_is_owed_no_more(
    retention: ResultsRetention, redis_client: redis.Redis
) -> None:
    abandoned, owed = add(redis_client, 170, 160)
    redis_client.zadd(names.WEBHOOKS_PENDING, {f"a1b2c3d4:{id_}": 1.0 for id_ in (abandoned, owed)})
    assert retention.trim() == 1 and kept(redis_client) == [owed]
    assert redis_client.zrange(names.WEBHOOKS_PENDING, 0, -1) == [f"a1b2c3d4:{owed}".encode()]


def test_webhooks_that_nobody_uses_any_more_hold_nothing_back(
    retention: ResultsRetention, redis_client: redis.Redis
) -> None:
    # Given results of which no webhook worker took notice, for a week, and a listener that has them all
    told, *_, last = add(redis_client, 200, 170, 30)
    redis_client.mset({names.WEBHOOK_CURSOR: told, names.LISTENER_CURSOR: last})
    # Expect them to go as if there had never been webhooks
    assert retention.trim() == 3 and not redis_client.exists(names.WEBHOOK_CURSOR)


def test_a_quiet_week_is_no_reason_to_forget_how_far_webhooks_are(
    retention: ResultsRetention, redis_client: redis.Redis
) -> None:
    told, _fresh = add(redis_client, 200, 1)
    redis_client.set(names.WEBHOOK_CURSOR, told)
    retention.trim()
    assert redis_client.get(names.WEBHOOK_CURSOR) == told.encode()


def test_deleting_reaches_each_result_when_its_sentence_is_forgotten_already(
    ledger: Ledger, redis_client: redis.Redis
) -> None:
    # Given a talk with an analysed and a failed sentence, a day later: their own keys have run out
    session = ledger.open_session(48_000)
    uid = append(ledger, session)
    assert (utterance := ledger.claim(uid, Stage.AUDIO, "me").utterance) and ledger.advance(
        heard(utterance), Stage.AUDIO
    )
    assert (utterance := ledger.claim(uid, Stage.TEXT, "me").utterance) and ledger.advance(
        judged(utterance), Stage.TEXT
    )
    other = not_understood(ledger, session, 2)
    redis_client.delete(names.utterance_key(uid), names.utterance_key(other))
    assert len(kept(redis_client)) == 2
    # When its speaker has it deleted, expect both results to go
    assert ledger.delete_session(session.session_id) and kept(redis_client) == []


def test_a_session_can_be_deleted_as_long_as_its_results_are_kept(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings
) -> None:
    # Given a sentence whose worker came late, so that little is left of its session's time
    session = ledger.open_session(48_000)
    key = names.session_key(session.session_id)
    uid = append(ledger, session)
    redis_client.expire(key, 100)
    # When its result is written, expect the session to stay as long as the result may
    utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
    assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
    utterance = ledger.claim(uid, Stage.TEXT, "me").utterance
    assert utterance and ledger.advance(judged(utterance), Stage.TEXT)
    assert redis_client.ttl(key) == pytest.approx(settings.unfinished_retention_s, abs=60)


def test_the_beginning_of_a_long_talk_is_forgotten_before_its_end(ledger: Ledger, redis_client: redis.Redis) -> None:
    session = ledger.open_session(48_000)
    events = names.events_key(session.session_id)
    (seconds, _) = redis_client.time()
    redis_client.xadd(events, {"json": "{}"}, id=f"{(seconds - 90_000) * 1000}-0")
    not_understood(ledger, session)
    assert len(redis_client.xrange(events)) == 1, "what was said more than a day before is gone"


def test_a_talk_of_four_hours_is_resumed_from_its_beginning(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a sentence every second for nearly four hours: a text and a sentiment each
    session = ledger.open_session(16_000)
    events = names.events_key(session.session_id)
    pipeline = redis_client.pipeline()
    for _ in range(28_000):
        pipeline.xadd(events, {"json": "{}"})
    pipeline.execute()
    # When the next one has its text
    utterance = ledger.claim(append(ledger, session), Stage.AUDIO, "me").utterance
    assert utterance and ledger.advance(heard(utterance), Stage.AUDIO)
    # Expect all of them to be there for whoever resumes
    assert redis_client.xlen(events) == 28_001


def test_a_short_retention_ends_no_talk_and_no_resume_shortens_what_is_kept(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings
) -> None:
    # Given a talk whose sentence waits, so that it is kept for long
    session = ledger.open_session(16_000)
    append(ledger, session)
    key = names.session_key(session.session_id)
    kept_s = redis_client.ttl(key)
    assert kept_s > settings.retention_s
    # When it is resumed, expect that to stay
    resumed = ledger.resume_session(session.resume_token)
    assert redis_client.ttl(key) >= kept_s - 5
    # When silence is acknowledged long after anything else, expect the talk to be kept from then on
    redis_client.expire(key, 10)
    ledger.acknowledge(resumed, 160_000, resumed.next_seq)
    assert redis_client.ttl(key) >= settings.retention_s - 5
