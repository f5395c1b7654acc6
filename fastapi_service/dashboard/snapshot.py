"""What the dashboard shows, from Redis alone: every web process gives the same figures, whoever is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import cast

import numpy as np
import redis
from pydantic import BaseModel

from wta import names
from wta.health import presence
from wta.ledger import Dead, Ledger, Minute, RetryOutcome
from wta.messages import Label, Result, Timings
from wta.names import Stage, WorkerKind
from wta.settings import Settings

DASHBOARD_STEPS = (
    ("endpoint", "captured", "cut"), ("text", "cut", "stt_end"), ("sentiment", "stt_end", "published"),
    ("total", "captured", "published"),
)  # fmt: skip
"""Name of a step, and the two `Timings` between which it lies; the first three add up to the last."""
LATEST_RESULTS = 500
"""Over which latencies are told."""
_KEPT_MS = 1000
_MAX_LISTED = 50
_RATE_MINUTES = 5


class SessionFigures(BaseModel):
    """Somebody who speaks now."""

    session_id: str
    since_s: float
    """How long it has lasted."""
    utterances: int


class Process(BaseModel):
    """A living process."""

    kind: str
    owner: str
    model: str | None


class StepLatency(BaseModel):
    """How long a step took."""

    step: str
    results: int
    p50_ms: float | None
    """None where no result has been through it."""
    p95_ms: float | None


class MinuteFigures(BaseModel):
    """What one minute brought."""

    begins_s: int
    done: int
    failed: int
    audio_s: float
    labels: dict[Label, int]


class ErrorFigures(BaseModel):
    """An error of the last hour."""

    code: str
    count: int
    last_minute_s: int
    """Unix time of the minute in which it came last."""


class DeadUtterance(BaseModel):
    """An utterance that was given up."""

    utterance_id: str
    since_s: float
    """How long ago."""
    stage: Stage
    reason: str | None
    audio_s: float
    retryable: bool


class DashboardSnapshot(BaseModel):
    """Everything, at one moment. Nothing of what was said."""

    at_s: float
    """Unix time, by Redis's clock."""
    live: int
    longest_s: float
    sessions: list[SessionFigures]
    """The longest, at most 50."""
    queue_seconds: float
    queue_limit_seconds: float
    """New sessions are refused beyond it."""
    utterances_per_minute: float
    """Over the last five minutes."""
    audio_seconds_per_minute: float
    minutes: list[MinuteFigures]
    """The last 60, oldest first; the last still runs."""
    steps: list[StepLatency]
    processes: list[Process]
    missing: list[str]
    """Kinds of workers of which none is alive."""
    memory_bytes: int
    memory_limit_bytes: int
    """0: none."""
    errors: list[ErrorFigures]
    dead: int
    dead_utterances: list[DeadUtterance]
    """The newest, at most 50."""


class Dashboard:
    """Blocking. Methods may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, ledger: Ledger, settings: Settings) -> None:
        self._redis, self._ledger, self._settings = client, ledger, settings

    def snapshot_json(self) -> bytes:
        """A DashboardSnapshot as JSON, at most a second old: those who look share it."""
        kept = cast("bytes | None", self._redis.get(names.DASHBOARD_SNAPSHOT))
        if kept is None:
            kept = self.snapshot().model_dump_json().encode()
            self._redis.set(names.DASHBOARD_SNAPSHOT, kept, px=_KEPT_MS)
        return kept

    def retry(self, utterance_id: str) -> RetryOutcome:
        """Have an utterance that was given up tried again; the next snapshot shows it."""
        answer = self._ledger.dead.retry(utterance_id)
        self._redis.delete(names.DASHBOARD_SNAPSHOT)
        return answer

    def dismiss(self, utterance_id: str) -> bool:
        """Let an utterance that was given up rest. False: there is none of that id."""
        dismissed = self._ledger.dead.dismiss(utterance_id)
        self._redis.delete(names.DASHBOARD_SNAPSHOT)
        return dismissed

    def snapshot(self) -> DashboardSnapshot:
        now_s = self._ledger.minutes.now_s()
        minutes = self._ledger.minutes.last_hour(now_s)
        present = presence.living_processes(self._redis)
        sessions = self._sessions({sid for process in present for sid in process.sessions}, now_s)
        memory = self._redis.info("memory")
        done, audio_s = _rates(minutes, now_s)
        dead = self._ledger.dead.newest(_MAX_LISTED)
        return DashboardSnapshot(
            at_s=now_s,
            live=len(sessions),
            longest_s=max((session.since_s for session in sessions), default=0.0),
            sessions=sessions[:_MAX_LISTED],
            queue_seconds=round(self._ledger.queue_seconds(), 1),
            queue_limit_seconds=self._settings.max_queue_s,
            utterances_per_minute=round(done, 1),
            audio_seconds_per_minute=round(audio_s, 1),
            minutes=[MinuteFigures.model_validate(asdict(minute)) for minute in minutes],
            steps=_latencies(self._latest_timings()),
            processes=[Process(kind=p.kind, owner=p.owner, model=p.model) for p in present],
            missing=[kind for kind in WorkerKind if all(p.kind != kind for p in present)],
            memory_bytes=memory["used_memory"],
            memory_limit_bytes=memory["maxmemory"],
            errors=_errors(minutes),
            dead=self._ledger.dead.count(),
            dead_utterances=[_dead(each, now_s) for each in dead],
        )

    def _sessions(self, ids: Iterable[str], now_s: float) -> list[SessionFigures]:
        """The longest first."""
        ids = list(ids)
        with self._redis.pipeline(transaction=False) as pipe:
            for session_id in ids:
                pipe.hmget(names.session_key(session_id), "opened_s", "next_seq")
            rows = pipe.execute()
        known = [
            SessionFigures(session_id=sid, since_s=max(0.0, now_s - float(opened_s)), utterances=int(next_seq) - 1)
            for sid, (opened_s, next_seq) in zip(ids, rows, strict=True)
            if opened_s
        ]
        return sorted(known, key=lambda session: -session.since_s)

    def _latest_timings(self) -> list[Timings]:
        entries = cast(
            "list[tuple[bytes, dict[bytes, bytes]]]",
            self._redis.xrevrange(names.RESULTS_STREAM, count=LATEST_RESULTS),
        )
        return [Result.model_validate_json(fields[b"json"]).timings for _, fields in entries if b"json" in fields]


def _rates(minutes: Sequence[Minute], now_s: float) -> tuple[float, float]:
    """Utterances and seconds of speech a minute, over the last minutes, of which the newest is not over."""
    latest = minutes[-_RATE_MINUTES:]
    span = (now_s - latest[0].begins_s) / 60
    return sum(m.done for m in latest) / span, sum(m.audio_s for m in latest) / span


def _latencies(timings: Sequence[Timings]) -> list[StepLatency]:
    found = []
    for step, begin, end in DASHBOARD_STEPS:
        pairs = [(getattr(t, begin), getattr(t, end)) for t in timings]
        took_ms = [max(0.0, until - since) * 1000 for since, until in pairs if None not in (since, until)]
        p50, p95 = np.percentile(took_ms, (50, 95)).round() if took_ms else (None, None)
        found.append(StepLatency(step=step, results=len(took_ms), p50_ms=p50, p95_ms=p95))
    return found


def _errors(minutes: Sequence[Minute]) -> list[ErrorFigures]:
    """The most frequent first."""
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for minute in minutes:
        counts.update(minute.errors)
        last |= dict.fromkeys(minute.errors, minute.begins_s)
    return [ErrorFigures(code=code, count=count, last_minute_s=last[code]) for code, count in counts.most_common()]


def _dead(dead: Dead, now_s: float) -> DeadUtterance:
    return DeadUtterance.model_validate(asdict(dead) | {"since_s": max(0.0, now_s - dead.since_s)})
