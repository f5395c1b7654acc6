"""Readers of the events that Redis keeps in streams, from a cursor on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import redis.asyncio

from wta import names

_BATCH = 100


class StreamReader:
    """Reads one Redis stream, once, in order. Each connection needs a reader of its own."""

    def __init__(self, client: redis.asyncio.Redis, key: str, cursor: str = "0-0") -> None:
        """Make a reader of the stream `key`. It begins behind the entry whose id is `cursor`."""
        self._redis = client
        self._key = key
        self._cursor = cursor

    async def entries(self) -> AsyncIterator[tuple[str, str]]:
        """Yield the id and the JSON of every entry behind the cursor, oldest first. The cursor moves along.

        Raises redis.RedisError if Redis does not answer.
        """
        more = True
        while more:
            batch = await self._batch()
            more = len(batch) == _BATCH
            for entry_id, fields in batch:
                yield entry_id.decode(), fields.get(b"json", b"").decode()
                self._cursor = entry_id.decode()

    async def _batch(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        # The client's types allow for every way of decoding; this project's clients return bytes.
        return await self._redis.xrange(self._key, min=f"({self._cursor}", count=_BATCH)  # type: ignore[return-value]


class EventReader(StreamReader):
    """Reads the kept events of one session."""

    def __init__(self, client: redis.asyncio.Redis, session_id: str, cursor: str = "0-0") -> None:
        super().__init__(client, names.events_key(session_id), cursor)

    async def new(self) -> AsyncIterator[str]:
        """Yield every server message behind the cursor as JSON with its `event_id`, oldest first.

        Raises redis.RedisError if Redis does not answer.
        """
        async for event_id, text in self.entries():
            message = json.loads(text) | {"event_id": event_id}
            yield json.dumps(message, ensure_ascii=False, separators=(",", ":"))
