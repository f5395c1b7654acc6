"""Prometheus metrics: what each process counts, and the port on which Prometheus asks for it.

docs/deploy.md lists the names, and deploy/prometheus and deploy/grafana use them. Labels are few and bounded: a label
never names a session, an utterance or a text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import redis
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wta import names
from wta.health import presence
from wta.ledger import Ledger
from wta.messages import Result
from wta.names import Stage
from wta.settings import Settings

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 120, 300)
UTTERANCE_STEPS = (
    ("endpoint", "captured", "cut"), ("queue_stt", "queued", "stt_start"), ("stt", "stt_start", "stt_end"),
    ("sentiment", "stt_end", "analysed"), ("total", "captured", "published"),
)  # fmt: skip
"""The steps of an utterance: the name of each, and the two `Timings` at which it begins and ends."""


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def text(self) -> bytes:
        """The answer to GET /metrics, whose type is CONTENT_TYPE. This blocks, because a collector may ask Redis."""
        return generate_latest(self.registry)

    def serve(self, settings: Settings) -> None:
        """Answer Prometheus on WTA_METRICS_PORT from a thread; 0 means no port. A port in use is only logged."""
        if settings.metrics_port == 0:
            return
        try:
            start_http_server(settings.metrics_port, settings.metrics_host, registry=self.registry)
        except OSError as error:
            log.warning("metrics cannot be served on port %d: %s", settings.metrics_port, error)


class StageMetrics(Metrics):
    """The metrics of a worker: how its attempts ended, and how long the work took."""

    def __init__(self) -> None:
        super().__init__()
        self._work = Histogram(
            "wta_work_seconds", "Work on one utterance.", ["stage"], registry=self.registry, buckets=_BUCKETS_S
        )
        self._attempts = Counter(
            "wta_attempts", "Attempts by how they ended.", ["stage", "outcome"], registry=self.registry
        )

    def worked(self, stage: Stage, seconds: float) -> None:
        """Record how long the work on one utterance took."""
        self._work.labels(stage).observe(seconds)

    def ended(self, stage: Stage, outcome: str) -> None:
        """Count one attempt. `outcome` is committed, duplicate, failed (it will be tried again) or given_up."""
        self._attempts.labels(stage, outcome).inc()


class WebhookMetrics(Metrics):
    """The metrics of the webhook worker: how its attempts ended."""

    def __init__(self) -> None:
        super().__init__()
        self._deliveries = Counter(
            "wta_webhook_attempts", "Attempts to deliver a result.", ["outcome"], registry=self.registry
        )

    def ended(self, outcome: str) -> None:
        """Count one attempt. `outcome` is delivered, failed (it will be tried again) or given_up."""
        self._deliveries.labels(outcome).inc()


class ResultMetrics(Metrics):
    """The metrics of the listener, which sees every result once, with the time of each stage."""

    def __init__(self) -> None:
        super().__init__()
        self._results = Counter("wta_results", "Results.", ["status", "label"], registry=self.registry)
        self._audio = Counter("wta_result_audio_seconds", "Speech in results.", registry=self.registry)
        self._steps = Histogram(
            "wta_step_seconds", "Time of an utterance in each step.", ["step"], registry=self.registry,
            buckets=_BUCKETS_S,
        )  # fmt: skip

    def add(self, result: Result) -> None:
        """Count one result, and record how long each of its steps took."""
        self._results.labels(result.status, result.label or "none").inc()
        self._audio.inc(result.audio_seconds)
        for step, begin, end in UTTERANCE_STEPS:
            since, until = getattr(result.timings, begin), getattr(result.timings, end)
            if since is not None and until is not None:
                self._steps.labels(step).observe(max(0.0, until - since))


class WebMetrics(Metrics):
    """The metrics of the web service: its speakers, and the ledger as it is when Prometheus asks.

    Args:
        connections: returns how many speakers this process has.
    """

    def __init__(self, client: redis.Redis, ledger: Ledger, connections: Callable[[], int]) -> None:
        super().__init__()
        self.closed = Counter("wta_closed", "Connections by close code.", ["code"], registry=self.registry)
        self.requeued = Counter("wta_requeued", "Utterances queued again.", registry=self.registry)
        self.registry.register(_LedgerCollector(client, ledger, connections))


class _LedgerCollector(Collector):
    """Asks Redis whenever Prometheus asks, so that the figures are those of the whole system."""

    def __init__(self, client: redis.Redis, ledger: Ledger, connections: Callable[[], int]) -> None:
        self._redis, self._ledger, self._connections = client, ledger, connections

    def describe(self) -> Iterator[Metric]:
        """Describe nothing: registering would call `collect` otherwise, which asks Redis, and Redis may be away."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("wta_sessions", "Speakers of this process.", self._connections())
        try:
            values = self._from_redis()
        except redis.RedisError as error:
            log.warning("Redis gave no figures for the metrics: %s", error)
            values = [GaugeMetricFamily("wta_redis_up", "Whether Redis answers.", 0)]
        yield from values

    def _from_redis(self) -> list[Metric]:
        alive = GaugeMetricFamily("wta_workers", "Workers with a live heartbeat.", labels=["kind"])
        for kind, owners in presence.living_workers(self._redis).items():
            alive.add_metric([kind], len(owners))
        return [
            GaugeMetricFamily("wta_redis_up", "Whether Redis answers.", 1),
            GaugeMetricFamily("wta_queue_seconds", "Audio waiting to be text.", self._ledger.queue_seconds()),
            GaugeMetricFamily("wta_pending", "Utterances not finished.", self._count(names.PENDING)),
            GaugeMetricFamily("wta_dead", "Utterances given up.", self._count(names.DEAD)),
            GaugeMetricFamily("wta_redis_memory_fraction", "Of maxmemory.", self._ledger.memory_fraction()),
            GaugeMetricFamily("wta_webhooks_pending", "Deliveries owed.", self._count(names.WEBHOOKS_PENDING)),
            GaugeMetricFamily("wta_webhooks_dead", "Deliveries given up.", self._count(names.WEBHOOKS_DEAD)),
            alive,
        ]

    def _count(self, key: str) -> float:
        return float(self._redis.zcard(key))
