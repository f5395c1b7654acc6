"""Who is at work, as the web service sees it."""

from __future__ import annotations

import redis

from tests.support.wait import wait_until
from wta import names
from wta.health import heartbeat, presence
from wta.health.heartbeat import Heartbeat
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
