"""The reconciler queues utterances again that no worker works on. It relies on the ledger, not on Celery's messages."""

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
"""How long one web process keeps the others from acting: a little less than the second between two runs."""


class Reconciler:
    """Queues overdue utterances again. Call `run_once` about once a second, in a thread."""

    def __init__(self, client: redis.Redis, ledger: Ledger, dispatcher: Dispatcher) -> None:
        self._redis = client
        self._ledger = ledger
        self._send: dict[Stage, Callable[[str], None]] = {
            Stage.AUDIO: dispatcher.transcribe,
            Stage.TEXT: dispatcher.analyze,
        }

    def run_once(self) -> int:
        """Queue all overdue utterances again, and return how many there were. Blocking.

        It returns 0 if another web process has acted within the last second. Raises redis.RedisError or
        kombu.exceptions.OperationalError if Redis does not answer.
        """
        if not self._redis.set(names.RECONCILER_LOCK, "1", nx=True, px=_LOCK_MS):
            return 0
        overdue = self._ledger.overdue()
        for utterance_id, stage in overdue:
            log.info("an utterance is queued again utterance=%s stage=%s", utterance_id, stage)
            self._send[stage](utterance_id)
        return len(overdue)
