"""Once a second: what nobody works on is queued again, and everybody hears when the server falls behind."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter

import redis
from kombu.exceptions import OperationalError

from fastapi_service.reconciler import Reconciler
from fastapi_service.server_state import ServerState
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


class Housekeeping:
    """The process's one background task for the ledger."""

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._owner = heartbeat.own_name()
        self._reconciler = Reconciler(server.redis, server.ledger, server.dispatcher)

    async def run(self) -> None:
        """Until cancelled, whatever happens to Redis."""
        while True:
            try:
                told = Counter(self._server.errors)
                taken = self._server.slots.by_address
                requeued = await self._server.threads.run(self._tidy, self._server.subscriptions.sessions, taken, told)
                self._server.errors -= told
                self._server.metrics.requeued.inc(requeued)
                self._tell(await self._server.threads.run(self._server.ledger.queue_seconds))
            except (redis.RedisError, OperationalError, OSError) as error:
                log.warning("Redis is away: %s", error)
            except LedgerFormatError as error:
                log.critical("stopping: %s", error)
                signal.raise_signal(signal.SIGTERM)
                return
            await asyncio.sleep(_INTERVAL_S)

    def _tidy(self, sessions: list[str], taken: dict[str, int], errors: Counter[str]) -> int:
        """Blocking. Returns how many utterances were queued again."""
        ensure_format(self._server.redis)
        heartbeat.web_beat(self._server.redis, self._owner, sessions, taken)
        if self._server.settings.max_sessions_per_ip:
            self._server.slots.elsewhere = presence.slots_taken_elsewhere(self._server.redis, self._owner)
        if errors:
            self._server.ledger.minutes.add_errors(errors)
        return self._reconciler.run_once()

    def _tell(self, queue_s: float) -> None:
        share = queue_s / self._server.settings.max_queue_s
        level = "overloaded" if share >= _OVERLOADED else "busy" if share >= _BUSY else "ok"
        status = Status.model_validate({"queue_seconds": round(queue_s, 1), "level": level})
        told = self._server.status
        # Pages show the seconds while the server is behind: they must not stand still.
        if level != told.level or (level != "ok" and abs(status.queue_seconds - told.queue_seconds) >= _NEWS_S):
            self._server.subscriptions.broadcast(status)
            told = status
        self._server.status = told
