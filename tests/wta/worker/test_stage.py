"""A stage against a real Redis: what is committed, retried, given up, handed on."""

from __future__ import annotations

import logging
import threading

import pytest
import redis

from tests.support.ledger_entries import append, heard
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Advance, ClaimStatus, Ledger, Utterance
from wta.messages import Result, ResultStatus
from wta.names import Stage
from wta.settings import Settings
from wta.worker.leases import LeaseKeeper
from wta.worker.stage import StageRunner


@pytest.fixture
def runner(ledger: Ledger, settings: Settings) -> StageRunner:
    return StageRunner(ledger, LeaseKeeper(ledger, "me", settings), Stage.AUDIO, settings)


def transcribe(utterance: Utterance, pcm16: bytes) -> Advance:
    return heard(utterance)


def fail(utterance: Utterance, pcm16: bytes) -> Advance:
    raise RuntimeError("the engine broke")


def is_failed(ledger: Ledger, uid: str) -> bool:
    return (found := ledger.get(uid)) is not None and found.stage is Stage.FAILED


def test_work_is_committed_and_handed_on_once(ledger: Ledger, runner: StageRunner, redis_client: redis.Redis) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    runner.run(transcribe)
    runner.run(fail)  # a wake-up too many: there is nothing to begin
    assert redis_client.llen(names.TEXT_QUEUE) == 1
    assert (found := ledger.get(uid)) and found.stage is Stage.TEXT


def test_a_failure_is_retried_and_then_shown(
    ledger: Ledger, runner: StageRunner, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    # Given an utterance
    caplog.set_level(logging.CRITICAL)
    session = ledger.open_session(16_000)
    uid = append(ledger, session)
    # When the work fails as often as it may, a second apart
    wait_until(lambda: runner.run(fail) or is_failed(ledger, uid), 20, "it was never given up")
    # Expect a failure that everybody sees, and audio to try again with
    assert (found := ledger.get(uid)) and found.stage is Stage.FAILED
    (entry,) = redis_client.xrange(names.RESULTS_STREAM)
    assert Result.model_validate_json(entry[1][b"json"]).status is ResultStatus.FAILED
    (event,) = redis_client.xrange(names.events_key(session.session_id))
    assert b"utterance_failed" in event[1][b"json"]
    assert redis_client.zrange(names.DEAD, 0, -1) == [uid.encode()]
    assert redis_client.exists(names.audio_key(uid)), "kept, so that it can be tried again"


def test_an_utterance_whose_workers_die_is_given_up_visibly(ledger: Ledger, runner: StageRunner) -> None:
    uid = append(ledger, ledger.open_session(16_000))
    for _ in range(3):
        ledger.claim(uid, Stage.AUDIO, "me")  # and then the process is gone
    wait_until(lambda: runner.run(fail) or is_failed(ledger, uid), 20, "it was never given up")
    assert (found := ledger.get(uid)) and found.stage is Stage.FAILED and found.reason


def test_the_lease_is_kept_while_the_work_goes_on(ledger: Ledger, runner: StageRunner) -> None:
    # Given work that takes longer than its lease
    uid = append(ledger, ledger.open_session(16_000))
    statuses: list[ClaimStatus] = []

    def slow(utterance: Utterance, pcm16: bytes) -> Advance:
        threading.Event().wait(1.5)  # longer than the lease of 1 s
        statuses.append(ledger.claim(uid, Stage.AUDIO, "somebody else").status)
        return transcribe(utterance, pcm16)

    # When it is done
    runner.run(slow)
    # Expect nobody else to have got it meanwhile
    assert statuses == [ClaimStatus.BUSY]


def test_work_past_its_deadline_ends_the_process(ledger: Ledger, settings: Settings) -> None:
    ended = threading.Event()
    keeper = LeaseKeeper(ledger, "me", settings.model_copy(update={"deadline_s": 0.5}), on_deadline=ended.set)
    with keeper.hold("none:1"):
        wait_until(ended.is_set, 5, "the deadline passed unnoticed")


def test_the_deadline_is_kept_whatever_happens_to_a_lease(
    ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> bool:
        raise RuntimeError("no error of Redis")

    monkeypatch.setattr(ledger, "renew", breaks)
    ended = threading.Event()
    short = settings.model_copy(update={"deadline_s": 0.5, "lease_s": 0.3})
    with LeaseKeeper(ledger, "me", short, on_deadline=ended.set).hold("none:1"):
        wait_until(ended.is_set, 5, "the deadline passed unnoticed")
