"""Once a second: what nobody works on is queued again, and everybody hears when the server falls behind."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter

import redis
from kombu.exceptions import OperationalError

from fastapi_service.reconciler import Reconciler
from fastapi_service.server_state import Services
from wta.errors import LedgerFormatError
from wta.health import heartbeat, presence
from wta.ledger import ensure_format
from wta.messages import Status

log = logging.getLogger(__name__)

_INTERVAL_S = 1.0
_NEWS_S = 1.0
_BUSY = 0.05
_OVERLOADED = 0.5
"""Shares of `max_queue_s`, at which new sessions are refused: 15 s and 150 s of waiting audio by default."""


class Monitor:
    """The process's one background task for the ledger."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._owner = heartbeat.own_name()
        self._reconciler = Reconciler(services.redis, services.ledger, services.dispatcher)

    async def run(self) -> None:
        """Until cancelled, whatever happens to Redis."""
        while True:
            try:
                told = Counter(self._services.errors)
                taken = self._services.places.by_address
                requeued = await self._services.threads.run(self._tidy, self._services.feed.sessions, taken, told)
                self._services.errors -= told
                self._services.metrics.requeued.inc(requeued)
                self._tell(await self._services.threads.run(self._services.ledger.queue_seconds))
            except (redis.RedisError, OperationalError, OSError) as error:
                log.warning("Redis is away: %s", error)
            except LedgerFormatError as error:
                log.critical("stopping: %s", error)
                signal.raise_signal(signal.SIGTERM)
                return
            await asyncio.sleep(_INTERVAL_S)

    def _tidy(self, sessions: list[str], taken: dict[str, int], errors: Counter[str]) -> int:
        """Blocking. Returns how many utterances were queued again."""
        ensure_format(self._services.redis)
        heartbeat.web_beat(self._services.redis, self._owner, sessions, taken)
        if self._services.settings.max_sessions_per_ip:
            self._services.places.elsewhere = presence.taken_elsewhere(self._services.redis, self._owner)
        if errors:
            self._services.ledger.minutes.add_errors(errors)
        return self._reconciler.run_once()

    def _tell(self, queue_s: float) -> None:
        share = queue_s / self._services.settings.max_queue_s
        level = "overloaded" if share >= _OVERLOADED else "busy" if share >= _BUSY else "ok"
        status = Status.model_validate({"queue_seconds": round(queue_s, 1), "level": level})
        told = self._services.status
        # Pages show the seconds while the server is behind: they must not stand still.
        if level != told.level or (level != "ok" and abs(status.queue_seconds - told.queue_seconds) >= _NEWS_S):
            self._services.feed.tell_all(status)
            told = status
        self._services.status = told
