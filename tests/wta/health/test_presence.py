"""Who is at work, as the web service sees it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import redis

from tests.support.wait import wait_until
from wta import names
from wta.health import heartbeat, presence
from wta.health.heartbeat import BEAT_S, Heartbeat
from wta.names import WorkerKind
from wta.settings import Settings


def test_workers_are_known_while_they_beat(redis_client: redis.Redis, settings: Settings) -> None:
    heartbeat = Heartbeat(redis_client, WorkerKind.STT, "tiny.en", settings)
    heartbeat.start()
    wait_until(lambda: presence.living_workers(redis_client)[WorkerKind.STT], 10, "it never signed on")
    assert presence.living_workers(redis_client) == {WorkerKind.STT: [heartbeat.owner], WorkerKind.ANALYZER: []}
    assert presence.models(redis_client).stt == "tiny.en"
    heartbeat.stop()
    assert presence.living_workers(redis_client)[WorkerKind.STT] == []


def test_who_has_died_is_taken_off_the_list_without_searching_all_keys(redis_client: redis.Redis) -> None:
    redis_client.sadd(names.workers_key(WorkerKind.ANALYZER), "died:1")
    heartbeat.beat(redis_client, WorkerKind.ANALYZER, "lives:2", {"model": "embedded"})
    redis_client.config_resetstat()
    assert presence.living_workers(redis_client)[WorkerKind.ANALYZER] == ["lives:2"]
    assert redis_client.smembers(names.workers_key(WorkerKind.ANALYZER)) == {b"lives:2"}
    commands = redis_client.info("commandstats")
    assert not {"cmdstat_scan", "cmdstat_keys"} & commands.keys()


@pytest.fixture
def told_to_stop() -> Iterator[list[int]]:
    """Whenever this process is told to stop, which it does not do."""
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_worker_stops_when_redis_comes_back_with_a_ledger_of_another_format(
    redis_client: redis.Redis, settings: Settings, told_to_stop: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat = Heartbeat(redis_client, WorkerKind.STT, "tiny.en", settings)
    heartbeat.start()
    wait_until(lambda: presence.living_workers(redis_client)[WorkerKind.STT], 10, "it never signed on")
    redis_client.set(names.LEDGER_FORMAT, "99")
    wait_until(lambda: told_to_stop, 10, "it goes on with a ledger that it does not understand")
    assert "CHANGELOG" in caplog.text
    heartbeat.stop()


def test_heartbeats_go_on_whatever_happens(redis_client: redis.Redis, settings: Settings) -> None:
    rates = iter([0.5])  # the second call raises StopIteration, which nobody expects

    def rate() -> float:
        return next(rates)

    heartbeat = Heartbeat(redis_client, WorkerKind.STT, "tiny.en", settings, rate=rate)
    heartbeat.start()
    file = next(settings.state_dir.glob("stt_worker.*.heartbeat"))
    first = file.stat().st_mtime
    wait_until(lambda: file.stat().st_mtime > first + 2 * BEAT_S, 20, "one beat failed, and no more came")
    heartbeat.stop()
