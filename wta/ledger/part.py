"""What both sides of the ledger stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis

from wta import names
from wta.broker.task_message import task_message
from wta.ledger.minutes import Minutes
from wta.ledger.scripts import Scripts
from wta.names import Stage
from wta.settings import Settings

MOST_WAKEUPS = 200
"""Celery messages in one queue. Each is only a wake-up, so more of them would wake nobody else."""
WAKEUPS = {
    Stage.AUDIO: (names.AUDIO_QUEUE, task_message(names.TASK_TRANSCRIBE, names.AUDIO_QUEUE, "wake-up", "@id@")),
    Stage.TEXT: (names.TEXT_QUEUE, task_message(names.TASK_ANALYZE, names.TEXT_QUEUE, "wake-up", "@id@")),
}
"""The queue of a stage's workers, and the message that wakes one of them; lua/common.lua puts its id in."""


class LedgerPart:
    """Its methods block, may be called from several threads, and raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._settings = settings
        self._scripts = Scripts(client)
        self.minutes = Minutes(client)


def flat(fields: Mapping[str, Any]) -> list[Any]:
    """A mapping as the scripts take it: name, value, name, value, ..."""
    return [part for pair in fields.items() for part in pair]
