"""What both sides of the ledger stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis

from wta.broker.wakeups import Wakeups
from wta.ledger.minutes import Minutes
from wta.ledger.scripts import Scripts
from wta.settings import Settings


class LedgerPart:
    """Its methods block, may be called from several threads, and raise redis.RedisError where Redis is away.

    Args:
        live: client of the Redis that holds the workers' queues; None where it is the same.
    """

    def __init__(self, client: redis.Redis, settings: Settings, live: redis.Redis | None = None) -> None:
        self._redis = client
        self.wakeups = Wakeups(live or client)
        self._settings = settings
        self._scripts = Scripts(client)
        self.minutes = Minutes(client)


def flat(fields: Mapping[str, Any]) -> list[Any]:
    """A mapping as the scripts take it: name, value, name, value, ..."""
    return [part for pair in fields.items() for part in pair]
