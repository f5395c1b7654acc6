"""Reads the kept events of one session from a cursor on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import redis.asyncio

from wta import names

_BATCH = 100


class EventReader:
    """Of one connection. Reading may raise redis.RedisError."""

    def __init__(self, client: redis.asyncio.Redis, session_id: str, cursor: str = "0-0") -> None:
        self._redis = client
        self._key = names.events_key(session_id)
        self._cursor = cursor

    async def new(self) -> AsyncIterator[str]:
        """Every server message (JSON) after the cursor, oldest first; the cursor follows what was taken."""
        while batch := await self._batch():
            for event_id, fields in batch:
                message = json.loads(fields[b"json"]) | {"event_id": event_id.decode()}
                yield json.dumps(message, ensure_ascii=False, separators=(",", ":"))
                self._cursor = event_id.decode()

    async def _batch(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        # The client's types cover every way of decoding; ours gives bytes.
        return await self._redis.xrange(self._key, min=f"({self._cursor}", count=_BATCH)  # type: ignore[return-value]
