"""Wakes workers for what waits: the ledger knows it, whatever became of the Celery messages."""

from __future__ import annotations

import logging

import redis

from wta import names
from wta.ledger import Ledger
from wta.names import Stage

log = logging.getLogger(__name__)

_LOCK_MS = 900
"""A little less than the second between two runs: of any number of web processes, one acts."""


class Reconciler:
    """Call `run_once` about once a second, in a thread."""

    def __init__(self, client: redis.Redis, ledger: Ledger) -> None:
        self._redis = client
        self._ledger = ledger

    def run_once(self) -> int:
        """Send the wake-ups that are missing. Returns how many. Raises redis.RedisError where Redis is away."""
        if not self._redis.set(names.RECONCILER_LOCK, "1", nx=True, px=_LOCK_MS):
            return 0
        sent = sum(self._ledger.wake(stage) for stage in (Stage.AUDIO, Stage.TEXT))
        if sent:
            log.info("woken again workers=%d", sent)
        return sent
