"""One subscription per process for all its connections. It only wakes them: what must not be lost is in streams."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any, Protocol

import redis
import redis.asyncio

from wta import names
from wta.messages import Status

log = logging.getLogger(__name__)

_RETRY_S = 0.5
_LIVE_PREFIX = names.live_channel("")


class Listener(Protocol):
    """What a connection lets happen to it. Must not block."""

    def wake(self) -> None:
        """The session's events may have grown."""

    def show_partial(self, message: bytes) -> None:
        """A `partial` message (JSON)."""

    def show_status(self, status: Status) -> None: ...

    def taken_over(self) -> None:
        """Another connection goes on with the session."""

    def deleted(self) -> None:
        """The session is gone from the ledger."""


class Feed:
    """Session id → its connection in this process, and who else watches it."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._watchers: defaultdict[str | None, set[Listener]] = defaultdict(set)

    def join(self, session_id: str, listener: Listener) -> None:
        """From now on `listener` is the session's; whoever was it here before is told."""
        for older in self._listeners[session_id]:
            older.taken_over()
        self._listeners[session_id].add(listener)

    def leave(self, session_id: str, listener: Listener) -> None:
        self._listeners[session_id].discard(listener)
        if not self._listeners[session_id]:
            del self._listeners[session_id]

    @property
    def sessions(self) -> list[str]:
        """Ids of those who speak here now."""
        return list(self._listeners)

    def watch(self, session_id: str | None, watcher: Listener) -> None:
        """Be told of a session, or of all (None), beside the one who speaks."""
        self._watchers[session_id].add(watcher)

    def unwatch(self, session_id: str | None, watcher: Listener) -> None:
        self._watchers[session_id].discard(watcher)
        if not self._watchers[session_id]:
            del self._watchers[session_id]

    def tell_all(self, status: Status) -> None:
        for listener in self._all():
            listener.show_status(status)

    async def run(self) -> None:
        """Listen until cancelled, whatever happens to Redis."""
        while True:
            try:
                await self._listen()
            except (redis.RedisError, OSError) as error:
                log.warning("no wake-ups, sessions poll until Redis is back: %s", error)
            await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(names.SESSION_WAKEUP_CHANNEL, names.SESSION_DELETED_CHANNEL)
            await pubsub.psubscribe(f"{_LIVE_PREFIX}*")
            for listener in self._all() + [one for group in self._watchers.values() for one in group]:
                listener.wake()
            while True:
                message = await pubsub.get_message(timeout=1.0)
                if message is not None:
                    self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        channel, data = message["channel"].decode(), message["data"]
        if channel == names.SESSION_WAKEUP_CHANNEL:
            for listener in self._of(data.decode(errors="replace")) + list(self._watchers.get(None, ())):
                listener.wake()
        elif channel == names.SESSION_DELETED_CHANNEL:
            for listener in self._of(data.decode(errors="replace")):
                listener.deleted()
        else:
            for listener in self._of(channel.removeprefix(_LIVE_PREFIX)):
                listener.show_partial(data)

    def _of(self, session_id: str) -> list[Listener]:
        return [*self._listeners.get(session_id, ()), *self._watchers.get(session_id, ())]

    def _all(self) -> list[Listener]:
        return [listener for group in self._listeners.values() for listener in group]
