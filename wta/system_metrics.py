"""Prometheus metrics of the whole system, read from Redis whenever Prometheus asks a web process."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import cast

import redis
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wta import names
from wta.health import presence
from wta.health.delay import delay_s
from wta.ledger import Ledger

log = logging.getLogger(__name__)


class SystemCollector(Collector):
    """Every web process gives the same figures, so that a rule takes the largest value and not the sum."""

    def __init__(self, client: redis.Redis, ledger: Ledger) -> None:
        self._redis, self._ledger = client, ledger

    def describe(self) -> Iterator[Metric]:
        """Describe nothing: registering would call `collect` otherwise, which asks Redis, and Redis may be away."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        try:
            figures = [*self._speech(), *self._store(), *self._readers(), self._workers(), self._queues()]
        except redis.RedisError as error:
            log.warning("Redis gave no figures for the metrics: %s", error)
            yield _gauge("wta_redis_up", "Whether Redis answers.", 0)
            return
        yield _gauge("wta_redis_up", "Whether Redis answers.", 1)
        yield from figures

    def _speech(self) -> Iterator[Metric]:
        yield _gauge("wta_delay_seconds", "How far the system is behind.", delay_s(self._redis, self._ledger))
        yield _gauge("wta_queue_seconds", "Audio waiting to be text.", self._ledger.queue_seconds())
        yield _gauge("wta_waiting_texts", "Texts waiting for their sentiment.", self._ledger.backlog().texts)
        yield _gauge("wta_pending", "Utterances not finished.", self._count(names.PENDING))
        yield _gauge("wta_dead", "Utterances given up.", self._count(names.DEAD))

    def _store(self) -> Iterator[Metric]:
        began = time.monotonic()
        written = cast("dict[str, object]", self._redis.info("persistence")).get("aof_last_write_status", "ok") == "ok"
        yield _gauge("wta_redis_seconds", "Time of one question to Redis.", time.monotonic() - began)
        yield _gauge("wta_redis_writes", "Whether Redis can write to its disk.", float(written))
        yield _gauge("wta_redis_memory_fraction", "Of maxmemory.", self._ledger.memory_fraction())

    def _readers(self) -> Iterator[Metric]:
        now_s = self._ledger.minutes.now_s()
        due = self._redis.zrange(names.WEBHOOKS_PENDING, 0, 0, withscores=True)
        overdue_s = max(0.0, now_s - cast("list[tuple[bytes, float]]", due)[0][1]) if due else 0.0
        untold_s = self._unread_s(names.WEBHOOK_CURSOR, now_s)
        yield _gauge("wta_listener_lag_seconds", "Age of the oldest result that is in no log.",
                     self._unread_s(names.LISTENER_CURSOR, now_s))  # fmt: skip
        yield _gauge("wta_webhooks_lag_seconds", "How late the latest delivery is.", max(overdue_s, untold_s))
        yield _gauge("wta_webhooks_pending", "Deliveries owed.", self._count(names.WEBHOOKS_PENDING))
        yield _gauge("wta_webhooks_dead", "Deliveries given up.", self._count(names.WEBHOOKS_DEAD))

    def _unread_s(self, cursor_key: str, now_s: float) -> float:
        """How long the oldest result has waited for the reader with this cursor; 0 where there is no such reader."""
        cursor = cast("bytes | None", self._redis.get(cursor_key))
        entries = self._redis.xrange(names.RESULTS_STREAM, min=f"({cursor.decode()}", count=1) if cursor else []
        ids = [entry_id for entry_id, _ in cast("list[tuple[bytes, object]]", entries)]
        return max(0.0, now_s - int(ids[0].partition(b"-")[0]) / 1000) if ids else 0.0

    def _workers(self) -> Metric:
        alive = GaugeMetricFamily("wta_workers", "Workers with a live heartbeat.", labels=["kind"])
        for kind, owners in presence.living_workers(self._redis).items():
            alive.add_metric([kind], len(owners))
        return alive

    def _queues(self) -> Metric:
        lengths = GaugeMetricFamily("wta_queue_length", "Celery messages in a queue.", labels=["queue"])
        for queue, length in self._ledger.wakeups.lengths().items():
            lengths.add_metric([queue], length)
        return lengths

    def _count(self, key: str) -> float:
        return float(self._redis.zcard(key))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)
