"""Makes the dashboard's snapshot: all figures at one moment, from Redis alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import cast

import numpy as np
import redis

from fastapi_service.dashboard.schemas import (
    DashboardSnapshot,
    DeadUtterance,
    ErrorFigures,
    MinuteFigures,
    Process,
    SessionFigures,
    StepLatency,
)
from wta import names
from wta.health import presence
from wta.ledger import Dead, Ledger, Minute
from wta.messages import Result, Timings
from wta.names import WorkerKind
from wta.settings import Settings

DASHBOARD_STEPS = (
    ("endpoint", "captured", "cut"), ("text", "cut", "stt_end"), ("sentiment", "stt_end", "published"),
    ("total", "captured", "published"),
)  # fmt: skip
"""The name of each step, and the two `Timings` between which it lies. The first three add up to the last."""
LATEST_RESULTS = 500
"""From how many of the latest results the latencies are computed."""
_MAX_LISTED = 50
_RATE_MINUTES = 5


def make_snapshot(client: redis.Redis, ledger: Ledger, settings: Settings) -> DashboardSnapshot:
    """Compute all figures of this moment. Blocking. Raises redis.RedisError if Redis does not answer."""
    now_s = ledger.minutes.now_s()
    minutes = ledger.minutes.last_hour(now_s)
    present = presence.living_processes(client)
    sessions = _sessions(client, {sid for process in present for sid in process.sessions}, now_s)
    memory = client.info("memory")
    done, audio_s = _rates(minutes, now_s)
    dead = ledger.dead.newest(_MAX_LISTED)
    return DashboardSnapshot(
        at_s=now_s,
        live=len(sessions),
        longest_s=max((session.since_s for session in sessions), default=0.0),
        sessions=sessions[:_MAX_LISTED],
        queue_seconds=round(ledger.queue_seconds(), 1),
        queue_limit_seconds=settings.max_queue_s,
        utterances_per_minute=round(done, 1),
        audio_seconds_per_minute=round(audio_s, 1),
        minutes=[MinuteFigures.model_validate(asdict(minute)) for minute in minutes],
        steps=_latencies(_latest_timings(client)),
        processes=[Process(kind=p.kind, owner=p.owner, model=p.model) for p in present],
        missing=[kind for kind in WorkerKind if all(p.kind != kind for p in present)],
        memory_bytes=memory["used_memory"],
        memory_limit_bytes=memory["maxmemory"],
        errors=_errors(minutes),
        dead=ledger.dead.count(),
        dead_utterances=[_dead(each, now_s) for each in dead],
    )


def _sessions(client: redis.Redis, ids: Iterable[str], now_s: float) -> list[SessionFigures]:
    """Return the figures of these sessions, the longest first."""
    ids = list(ids)
    with client.pipeline(transaction=False) as pipe:
        for session_id in ids:
            pipe.hmget(names.session_key(session_id), "opened_s", "next_seq")
        rows = pipe.execute()
    known = [
        SessionFigures(session_id=sid, since_s=max(0.0, now_s - float(opened_s)), utterances=int(next_seq) - 1)
        for sid, (opened_s, next_seq) in zip(ids, rows, strict=True)
        if opened_s
    ]
    return sorted(known, key=lambda session: -session.since_s)


def _latest_timings(client: redis.Redis) -> list[Timings]:
    entries = cast(
        "list[tuple[bytes, dict[bytes, bytes]]]", client.xrevrange(names.RESULTS_STREAM, count=LATEST_RESULTS)
    )
    return [Result.model_validate_json(fields[b"json"]).timings for _, fields in entries if b"json" in fields]


def _rates(minutes: Sequence[Minute], now_s: float) -> tuple[float, float]:
    """Return utterances and seconds of speech per minute, over the last minutes. The newest one is not over yet."""
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
    """Return how often each error occurred in these minutes, the most frequent first."""
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for minute in minutes:
        counts.update(minute.errors)
        last |= dict.fromkeys(minute.errors, minute.begins_s)
    return [ErrorFigures(code=code, count=count, last_minute_s=last[code]) for code, count in counts.most_common()]


def _dead(dead: Dead, now_s: float) -> DeadUtterance:
    return DeadUtterance.model_validate(asdict(dead) | {"since_s": max(0.0, now_s - dead.since_s)})
