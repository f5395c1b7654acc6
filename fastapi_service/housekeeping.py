"""Housekeeping, once a second: heartbeat, error counts, the reconciler, and the server's status for all speakers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

import redis

from fastapi_service.access.key_rotation import KeyRotation, KeySettings
from fastapi_service.reconciler import Reconciler
from fastapi_service.server_state import ServerState
from wta.errors import LedgerFormatError
from wta.health import heartbeat, presence
from wta.health.delay import delay_s
from wta.ledger import ResultsRetention, ensure_format
from wta.messages import Status
from wta.names import WorkerKind

log = logging.getLogger(__name__)

_INTERVAL_S = 1.0
_TRIM_S = 60.0
"""How often old results are looked for."""
_ANALYZER_AWAY_S = 10.0
"""After so long without a living sentiment worker nobody waits for one; a restart takes less."""
_CHANGE_S = 1.0
"""By how many seconds the delay must change, while the server is behind, for speakers to get a new status."""
_LAG_WEIGHT = 0.2
"""Of the newest measurement, one a second, in the average: a single hiccup refuses nobody."""
_MOST_LAG_S = 4.0
"""What counts of one measurement: a machine that has slept is not late."""
_BUSY = 0.05
"""Share of `max_queue_s` from which the server is busy: 3 s of delay by default."""
_OVERLOADED = 0.5
"""Share of `max_queue_s` from which the server is overloaded: 30 s of delay by default."""


class Housekeeping:
    """Keeps Redis informed about this process, wakes workers for what waits, and updates the status.

    Args:
        on_keys: told of the keys that hold from now on, when they change while the process runs.
    """

    def __init__(self, server: ServerState, on_keys: Callable[[KeySettings], None]) -> None:
        self._server = server
        self._on_keys = on_keys
        self._key_rotation = KeyRotation()
        self._owner = heartbeat.own_name()
        self._analyzer_seen = time.monotonic()
        self._reconciler = Reconciler(server.redis, server.ledger)
        self._retention = ResultsRetention(server.redis, server.settings)
        self._trim_again = time.monotonic()

    async def run(self) -> None:
        """Run until cancelled, whatever happens to Redis. A ledger of another version ends the process."""
        while True:
            try:
                await self._rotate_keys()
                errors = Counter(self._server.errors)
                sessions, connections = self._server.subscriptions.sessions, self._server.slots.by_address
                requeued = await self._server.threads.run(self._update_redis, sessions, connections, errors)
                self._server.errors -= errors
                self._server.metrics.requeued.inc(requeued)
                for code, count in errors.items():
                    self._server.metrics.errors.labels(code).inc(count)
                self._update_status(await self._server.threads.run(delay_s, self._server.redis, self._server.ledger))
                self._server.housekept_at = time.monotonic()
            except (redis.RedisError, OSError) as error:
                log.warning("Redis does not answer: %s", error)
                self._server.housekept_at = time.monotonic()  # a restart of this process would not help
            except LedgerFormatError:
                raise  # it ends the process
            except Exception:  # whatever it is, the next turn may succeed, and nothing else does this work
                log.exception("one turn of the housekeeping failed")
            began = time.monotonic()
            await asyncio.sleep(_INTERVAL_S)
            self._measure_lag(max(0.0, time.monotonic() - began - _INTERVAL_S))

    def _measure_lag(self, lag_s: float) -> None:
        self._server.metrics.loop_lag.set(lag_s)
        self._server.loop_lag_s += _LAG_WEIGHT * (min(lag_s, _MOST_LAG_S) - self._server.loop_lag_s)

    async def _rotate_keys(self) -> None:
        if keys := await self._server.threads.run(self._key_rotation.changed):
            self._on_keys(keys)

    def _update_redis(self, sessions: list[str], connections: dict[str, int], errors: Counter[str]) -> int:
        """Write the heartbeat and the error counts, forget old results, and run the reconciler. Blocking.

        Returns how many wake-ups were sent.
        """
        ensure_format(self._server.redis)
        heartbeat.web_beat(self._server.redis, self._owner, sessions, connections)
        if self._server.settings.max_sessions_per_ip:
            self._server.slots.elsewhere = presence.slots_taken_elsewhere(self._server.redis, self._owner)
        self._server.speech_away = not presence.rates(self._server.redis, WorkerKind.STT)
        if presence.rates(self._server.redis, WorkerKind.ANALYZER):
            self._analyzer_seen = time.monotonic()
        self._server.sentiment_away = time.monotonic() - self._analyzer_seen > _ANALYZER_AWAY_S
        self._server.memory_fraction = self._server.ledger.memory_fraction()
        if errors:
            self._server.ledger.minutes.add_errors(errors)
        sent = self._reconciler.run_once()
        self._trim_results()
        return sent

    def _trim_results(self) -> None:
        if time.monotonic() < self._trim_again:
            return
        self._trim_again = time.monotonic() + _TRIM_S
        if gone := self._retention.trim():
            log.info("forgot results=%d older than WTA_RETENTION_S", gone)

    def _update_status(self, behind_s: float) -> None:
        self._server.behind_s = behind_s
        share = behind_s / self._server.settings.max_queue_s
        level = "overloaded" if share >= _OVERLOADED else "busy" if share >= _BUSY else "ok"
        status = Status.model_validate({"queue_seconds": round(behind_s, 1), "level": level})
        sent = self._server.status
        # Pages show the seconds while the server is behind, so those must be kept up to date.
        if level != sent.level or (level != "ok" and abs(status.queue_seconds - sent.queue_seconds) >= _CHANGE_S):
            self._server.subscriptions.broadcast(status)
            self._server.status = status
