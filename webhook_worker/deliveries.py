"""What is owed to whom: one delivery for each result and address, in Redis from the result on until it has arrived.

Celery on Redis can lose a message, and holds one that is to be run later in a worker's memory; so a message carries an
id only, and when it is due stands here. docs/adr/webhooks.md tells more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import redis

from wta import names
from wta.messages import Result
from wta.settings import Settings

_BATCH = 100
_HOLDS_PER_TIMEOUT = 3
"""A delivery is in hand for so many time-outs of its request: connecting, sending, waiting for the answer."""


def delivery_id(endpoint_id: str, entry_id: str) -> str:
    return f"{endpoint_id}:{entry_id}"


def split_delivery_id(delivery: str) -> tuple[str, str]:
    """Endpoint id and id of the result in the stream."""
    endpoint_id, _, entry_id = delivery.partition(":")
    return endpoint_id, entry_id


class Deliveries:
    """Blocking; safe to use from several threads. Every method may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._hold_s = _HOLDS_PER_TIMEOUT * settings.webhook_timeout_s
        self._ttl_s = settings.unfinished_retention_s
        folder = Path(__file__).parent / "lua"
        self._plan, self._due, self._claim, self._retry = (
            client.register_script((folder / f"{name}.lua").read_text(encoding="utf-8"))
            for name in ("plan", "due", "claim", "retry")
        )

    def begin(self) -> None:
        """The first worker ever: results from now on are owed, not those that Redis still holds from before."""
        seconds, microseconds = self._redis.time()
        self._redis.set(names.WEBHOOK_CURSOR, f"{seconds * 1000 + microseconds // 1000}-0", nx=True)

    def plan(self, endpoint_ids: Sequence[str]) -> bool:
        """Owe the next results to everybody. False: there are no more for now, or somebody else was first."""
        cursor = cast("bytes", self._redis.get(names.WEBHOOK_CURSOR) or b"0-0")
        entries = self._redis.xrange(names.RESULTS_STREAM, min=f"({cursor.decode()}", count=_BATCH)
        ids = [entry_id.decode() for entry_id, _ in cast("list[tuple[bytes, object]]", entries)]
        if not ids:
            return False
        owed = [delivery_id(endpoint, entry) for entry in ids for endpoint in endpoint_ids]
        keys = [names.WEBHOOK_CURSOR, names.WEBHOOKS_PENDING]
        return bool(self._plan(keys=keys, args=[cursor, ids[-1], *owed]))

    def due(self) -> list[str]:
        """Deliveries to be made now, those that wait longest first."""
        found = self._due(keys=[names.WEBHOOKS_PENDING], args=[_BATCH, self._hold_s])
        return [word.decode() for word in found]

    def claim(self, delivery: str) -> int:
        """Take a delivery in hand. Returns the number of the attempt, from 1; 0: there is nothing to do."""
        keys = [names.WEBHOOKS_PENDING, names.webhook_key(delivery)]
        return int(self._claim(keys=keys, args=[delivery, self._hold_s, self._ttl_s]))

    def result(self, delivery: str) -> Result | None:
        """None where the session was deleted, or so many results came since that this one is no longer kept."""
        _, entry_id = split_delivery_id(delivery)
        entries = self._redis.xrange(names.RESULTS_STREAM, min=entry_id, max=entry_id)
        for _, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", entries):
            try:
                return Result.model_validate_json(fields[b"json"])
            except (KeyError, ValueError):
                return None
        return None

    def retry(self, delivery: str, after_s: float) -> None:
        keys = [names.WEBHOOKS_PENDING, names.webhook_key(delivery)]
        self._retry(keys=keys, args=[delivery, after_s])

    def done(self, delivery: str) -> None:
        """It has arrived, or there is nothing to tell any more."""
        with self._redis.pipeline() as pipe:
            pipe.zrem(names.WEBHOOKS_PENDING, delivery)
            pipe.delete(names.webhook_key(delivery))
            pipe.execute()

    def give_up(self, delivery: str) -> None:
        """It stays among the dead for `unfinished_retention_s`."""
        now = time.time()
        with self._redis.pipeline() as pipe:
            pipe.zadd(names.WEBHOOKS_DEAD, {delivery: now})
            pipe.zremrangebyscore(names.WEBHOOKS_DEAD, "-inf", now - self._ttl_s)
            pipe.zrem(names.WEBHOOKS_PENDING, delivery)
            pipe.delete(names.webhook_key(delivery))
            pipe.execute()
