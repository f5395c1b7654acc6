"""Prometheus metrics: what each process counts, and the port on which Prometheus asks for it.

docs/deploy.md lists the names, and deploy/prometheus and deploy/grafana use them. Labels are few and bounded: a label
never names a session, an utterance or a text. Those that a counter can have are there from the start, at 0: otherwise
Prometheus would not see the first event of a kind as an increase.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import redis
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server

from wta.ledger import Ledger
from wta.messages import Label, Result, ResultStatus
from wta.names import CloseCode, Stage
from wta.settings import Settings
from wta.system_metrics import SystemCollector

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

    def serve(self, settings: Settings, processes: int = 1) -> None:
        """Answer Prometheus on WTA_METRICS_PORT from a thread; 0 means no port. A port in use is only logged.

        Args:
            processes: how many processes of the same service there are. Each takes the next port that is free.
        """
        if settings.metrics_port == 0:
            return
        problem: OSError | None = None
        for port in range(settings.metrics_port, settings.metrics_port + processes):
            try:
                start_http_server(port, settings.metrics_host, registry=self.registry)
                return
            except OSError as error:
                problem = error
        log.warning("metrics cannot be served on port %d: %s", settings.metrics_port, problem)


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
        self._partials = Counter(
            "wta_partials", "Requests for live text by what became of them.", ["outcome"], registry=self.registry
        )
        for outcome in ("committed", "duplicate", "failed", "given_up"):
            for stage in (Stage.AUDIO, Stage.TEXT):
                self._attempts.labels(stage, outcome)
        for outcome in ("answered", "put_off", "stale"):
            self._partials.labels(outcome)

    def worked(self, stage: Stage, seconds: float) -> None:
        """Record how long the work on one utterance took."""
        self._work.labels(stage).observe(seconds)

    def ended(self, stage: Stage, outcome: str) -> None:
        """Count one attempt. `outcome` is committed, duplicate, failed (it will be tried again) or given_up."""
        self._attempts.labels(stage, outcome).inc()

    def partial(self, outcome: str) -> None:
        """Count one request for live text. `outcome` is answered, put_off (no time for it) or stale (nobody waits)."""
        self._partials.labels(outcome).inc()


class WebhookMetrics(Metrics):
    """The metrics of the webhook worker: how its attempts ended."""

    def __init__(self) -> None:
        super().__init__()
        self._deliveries = Counter(
            "wta_webhook_attempts", "Attempts to deliver a result.", ["outcome"], registry=self.registry
        )
        for outcome in ("delivered", "failed", "given_up"):
            self._deliveries.labels(outcome)

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
        self.log_written = Gauge("wta_log_written", "Whether the log could be written.", registry=self.registry)
        self.log_written.set(1)
        self._disk = Gauge("wta_log_disk_free_fraction", "Of the log's disk.", registry=self.registry)
        for label in (*Label, "none"):
            self._results.labels(ResultStatus.DONE, label)
        self._results.labels(ResultStatus.FAILED, "none")

    def watch_disk(self, folder: Path) -> None:
        """Tell from now on how much of the disk of this folder is free; nothing where the folder is away."""
        self._disk.set_function(lambda: _free_fraction(folder))

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
        connections: returns how many connections of speakers, and files in work, this process has.
    """

    def __init__(self, client: redis.Redis, ledger: Ledger, connections: Callable[[], int]) -> None:
        super().__init__()
        sessions = Gauge("wta_sessions", "Speakers and files in work of this process.", registry=self.registry)
        sessions.set_function(connections)
        self.closed = Counter("wta_closed", "Connections by close code.", ["code"], registry=self.registry)
        self.key_sessions = Gauge(
            "wta_key_sessions", "Live sessions by the name of their API key.", ["key"], registry=self.registry
        )
        self.requeued = Counter("wta_requeued", "Utterances queued again.", registry=self.registry)
        self.live_text = Histogram(
            "wta_live_text_seconds", "From the request for live text to new words.", registry=self.registry,
            buckets=_BUCKETS_S,
        )  # fmt: skip
        self.live_unanswered = Counter(
            "wta_live_unanswered", "Sentences that ended while live text was asked for.", registry=self.registry
        )
        self.errors = Counter("wta_errors", "Errors told to clients, by code.", ["code"], registry=self.registry)
        self.loop_lag = Gauge("wta_loop_lag_seconds", "How late the event loop was.", registry=self.registry)
        for code in sorted(value for name, value in vars(CloseCode).items() if name.isupper()):
            self.closed.labels(str(code))
        self.registry.register(SystemCollector(client, ledger))


def _free_fraction(folder: Path) -> float:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return 0.0
    return usage.free / usage.total if usage.total else 0.0
