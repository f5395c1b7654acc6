"""Sends again what nobody works on: the ledger knows it, whatever became of the Celery message."""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis

from wta import names
from wta.broker import Dispatcher
from wta.ledger.ledger import Ledger
from wta.names import Stage

log = logging.getLogger(__name__)

_LOCK_MS = 900
"""A little less than the second between two runs: any number of web replicas, one of them acts."""


class Reconciler:
    """Call `run_once` about once a second, in a thread."""

    def __init__(self, client: redis.Redis, ledger: Ledger, dispatcher: Dispatcher) -> None:
        self._redis = client
        self._ledger = ledger
        self._send: dict[Stage, Callable[[str], None]] = {
            Stage.AUDIO: dispatcher.transcribe,
            Stage.TEXT: dispatcher.analyze,
        }

    def run_once(self) -> int:
        """Queue again what is overdue. Returns how many utterances that were.

        Raises redis.RedisError or kombu.exceptions.OperationalError where Redis is away.
        """
        if not self._redis.set(names.RECONCILER_LOCK, "1", nx=True, px=_LOCK_MS):
            return 0
        overdue = self._ledger.overdue()
        for utterance_id, stage in overdue:
            log.info("queued again utterance=%s stage=%s", utterance_id, stage)
            self._send[stage](utterance_id)
        return len(overdue)
