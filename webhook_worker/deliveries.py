"""The deliveries that are owed: one for each result and endpoint, kept in Redis until it has arrived.

docs/adr/webhooks.md says why it is done this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import redis

from wta import names
from wta.messages import Result
from wta.settings import Settings

_RESULTS = 100
"""How many results are turned into deliveries in one step."""
_LOOK = 1000
"""How many due deliveries are looked at in one step."""
_HOLDS_PER_TIMEOUT = 3
"""A claim holds for this many time-outs of a request: connecting, sending, waiting for the answer."""


def delivery_id(endpoint_id: str, entry_id: str) -> str:
    return f"{endpoint_id}:{entry_id}"


def split_delivery_id(delivery: str) -> tuple[str, str]:
    """Return the endpoint's id and the id of the result in the stream."""
    endpoint_id, _, entry_id = delivery.partition(":")
    return endpoint_id, entry_id


@dataclass(frozen=True)
class Claims:
    """What `Deliveries.claim_due` has claimed."""

    claimed: list[tuple[str, int]]
    """Delivery ids, each with the number of its attempt, from 1."""
    more: bool
    """Whether more is due than was looked at."""


class Deliveries:
    """Every method blocks, and raises redis.RedisError where Redis is away. Safe to use from several threads."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._hold_s = _HOLDS_PER_TIMEOUT * settings.webhook_timeout_s
        self._ttl_s = settings.unfinished_retention_s
        folder = Path(__file__).parent / "lua"
        self._owe_new, self._claim_due, self._retry = (
            client.register_script((folder / f"{name}.lua").read_text(encoding="utf-8"))
            for name in ("owe_new", "claim_due", "retry")
        )

    def owe_new(self, endpoint_ids: Sequence[str]) -> bool:
        """Owe the next results to every endpoint.

        Returns False where there are no more for now, or where another process was first.
        """
        cursor = cast("bytes | None", self._redis.get(names.WEBHOOK_CURSOR))
        if cursor is None:
            self._begin()
            return False
        entries = self._redis.xrange(names.RESULTS_STREAM, min=f"({cursor.decode()}", count=_RESULTS)
        ids = [entry_id.decode() for entry_id, _ in cast("list[tuple[bytes, object]]", entries)]
        if not ids:
            return False
        owed = [delivery_id(endpoint, entry) for entry in ids for endpoint in endpoint_ids]
        keys = [names.WEBHOOK_CURSOR, names.WEBHOOKS_PENDING]
        return bool(self._owe_new(keys=keys, args=[cursor, ids[-1], *owed]))

    def _begin(self) -> None:
        """Owe results from now on, not those that Redis holds from before the first start of a worker."""
        seconds, microseconds = self._redis.time()
        self._redis.set(names.WEBHOOK_CURSOR, f"{seconds * 1000 + microseconds // 1000}-0", nx=True)

    def claim_due(self, slots: Mapping[str, int]) -> Claims:
        """Claim what is due, the oldest first. No other process gets it while the claim holds.

        Args:
            slots: endpoint id → how many may be claimed. What is owed to an endpoint that is not named is claimed too.
        """
        args = [_LOOK, self._hold_s, self._ttl_s, *(word for pair in slots.items() for word in pair)]
        more, *words = self._claim_due(keys=[names.WEBHOOKS_PENDING], args=args)
        claimed = [(id_.decode(), int(attempt)) for id_, attempt in zip(words[::2], words[1::2], strict=True)]
        return Claims(claimed, bool(more))

    def result(self, delivery: str) -> Result | None:
        """Return the result to deliver; None where its session was deleted, or where the stream no longer keeps it."""
        _, entry_id = split_delivery_id(delivery)
        entries = self._redis.xrange(names.RESULTS_STREAM, min=entry_id, max=entry_id)
        for _, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", entries):
            try:
                return Result.model_validate_json(fields[b"json"])
            except (KeyError, ValueError):
                return None
        return None

    def retry(self, delivery: str, after_s: float) -> None:
        """Owe it again in `after_s` seconds."""
        self._retry(keys=[names.WEBHOOKS_PENDING], args=[delivery, after_s])

    def complete(self, delivery: str) -> None:
        """Owe it no longer: it has arrived, or there is nothing left to tell."""
        with self._redis.pipeline() as pipe:
            pipe.zrem(names.WEBHOOKS_PENDING, delivery)
            pipe.delete(names.webhook_key(delivery))
            pipe.execute()

    def give_up(self, delivery: str) -> None:
        """Owe it no longer, and keep it among the dead for `unfinished_retention_s`."""
        now = self._redis.time()[0]
        with self._redis.pipeline() as pipe:
            pipe.zadd(names.WEBHOOKS_DEAD, {delivery: now})
            pipe.zremrangebyscore(names.WEBHOOKS_DEAD, "-inf", now - self._ttl_s)
            pipe.zrem(names.WEBHOOKS_PENDING, delivery)
            pipe.delete(names.webhook_key(delivery))
            pipe.execute()
