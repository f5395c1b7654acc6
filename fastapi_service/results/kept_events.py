"""Reads what Redis keeps of one session, or of all, from a cursor on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import redis.asyncio

from wta import names

_BATCH = 100


class StreamReader:
    """Of one connection. Reading may raise redis.RedisError."""

    def __init__(self, client: redis.asyncio.Redis, key: str, cursor: str = "0-0") -> None:
        self._redis = client
        self._key = key
        self._cursor = cursor

    async def entries(self) -> AsyncIterator[tuple[str, str]]:
        """Id and JSON of everything after the cursor, oldest first; the cursor follows what was taken."""
        while batch := await self._batch():
            for entry_id, fields in batch:
                yield entry_id.decode(), fields.get(b"json", b"").decode()
                self._cursor = entry_id.decode()

    async def _batch(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        # The client's types cover every way of decoding; ours gives bytes.
        return await self._redis.xrange(self._key, min=f"({self._cursor}", count=_BATCH)  # type: ignore[return-value]


class EventReader(StreamReader):
    """The kept events of one session."""

    def __init__(self, client: redis.asyncio.Redis, session_id: str, cursor: str = "0-0") -> None:
        super().__init__(client, names.events_key(session_id), cursor)

    async def new(self) -> AsyncIterator[str]:
        """Every server message (JSON) after the cursor, oldest first."""
        async for event_id, text in self.entries():
            message = json.loads(text) | {"event_id": event_id}
            yield json.dumps(message, ensure_ascii=False, separators=(",", ":"))
