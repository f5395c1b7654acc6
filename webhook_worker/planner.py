"""Turns results into deliveries, and sends those that are due to the workers: a thread of each, of which one acts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import redis

from webhook_worker.deliveries import Deliveries
from wta import names
from wta.broker import Dispatcher

log = logging.getLogger(__name__)

_INTERVAL_S = 0.5
_LOCK_MS = 450
"""A little less than the interval: any number of workers, one of them acts."""


class Planner:
    """Runs until the process ends."""

    def __init__(
        self, client: redis.Redis, deliveries: Deliveries, dispatcher: Dispatcher, endpoint_ids: Sequence[str]
    ) -> None:
        self._redis = client
        self._deliveries = deliveries
        self._dispatcher = dispatcher
        self._endpoint_ids = endpoint_ids
        self._begun = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="planner", daemon=True).start()

    def _run(self) -> None:
        waiting = threading.Event()
        while True:
            try:
                self.run_once()
            except Exception as error:  # whatever it is, the next turn may succeed, and nothing else plans
                log.warning("no deliveries for now: %s", error)
            waiting.wait(_INTERVAL_S)

    def run_once(self) -> None:
        """Raises redis.RedisError or kombu.exceptions.OperationalError where Redis is away."""
        if not self._begun:
            self._deliveries.begin()
            self._begun = True
        if not self._redis.set(names.WEBHOOK_LOCK, "1", nx=True, px=_LOCK_MS):
            return
        while self._deliveries.plan(self._endpoint_ids):
            pass
        for delivery in self._deliveries.due():
            self._dispatcher.webhook(delivery)
