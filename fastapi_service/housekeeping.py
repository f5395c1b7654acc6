"""Housekeeping, once a second: heartbeat, error counts, the reconciler, and the server's status for all speakers."""

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
_CHANGE_S = 1.0
"""By how much the waiting audio must change, while the server is behind, for speakers to get a new status."""
_BUSY = 0.05
"""Share of `max_queue_s` from which the server is busy: 15 s of waiting audio by default."""
_OVERLOADED = 0.5
"""Share of `max_queue_s` from which the server is overloaded: 150 s of waiting audio by default."""


class Housekeeping:
    """Keeps Redis informed about this process, queues again what no worker works on, and updates the status."""

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._owner = heartbeat.own_name()
        self._reconciler = Reconciler(server.redis, server.ledger, server.dispatcher)

    async def run(self) -> None:
        """Run until cancelled, whatever happens to Redis. A ledger of another version ends the process."""
        while True:
            try:
                errors = Counter(self._server.errors)
                sessions, connections = self._server.subscriptions.sessions, self._server.slots.by_address
                requeued = await self._server.threads.run(self._update_redis, sessions, connections, errors)
                self._server.errors -= errors
                self._server.metrics.requeued.inc(requeued)
                self._update_status(await self._server.threads.run(self._server.ledger.queue_seconds))
            except (redis.RedisError, OperationalError, OSError) as error:
                log.warning("Redis does not answer: %s", error)
            except LedgerFormatError as error:
                log.critical("stopping: %s", error)
                signal.raise_signal(signal.SIGTERM)
                return
            await asyncio.sleep(_INTERVAL_S)

    def _update_redis(self, sessions: list[str], connections: dict[str, int], errors: Counter[str]) -> int:
        """Write the heartbeat and the error counts, and run the reconciler. Blocking.

        Returns how many utterances were queued again.
        """
        ensure_format(self._server.redis)
        heartbeat.web_beat(self._server.redis, self._owner, sessions, connections)
        if self._server.settings.max_sessions_per_ip:
            self._server.slots.elsewhere = presence.slots_taken_elsewhere(self._server.redis, self._owner)
        if errors:
            self._server.ledger.minutes.add_errors(errors)
        return self._reconciler.run_once()

    def _update_status(self, queue_s: float) -> None:
        share = queue_s / self._server.settings.max_queue_s
        level = "overloaded" if share >= _OVERLOADED else "busy" if share >= _BUSY else "ok"
        status = Status.model_validate({"queue_seconds": round(queue_s, 1), "level": level})
        sent = self._server.status
        # Pages show the seconds while the server is behind, so those must be kept up to date.
        if level != sent.level or (level != "ok" and abs(status.queue_seconds - sent.queue_seconds) >= _CHANGE_S):
            self._server.subscriptions.broadcast(status)
            self._server.status = status
