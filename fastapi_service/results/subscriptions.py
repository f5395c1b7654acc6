"""One Redis subscription per process for all its sessions. It only wakes them: what must not be lost is in streams."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

import redis
import redis.asyncio

from wta import names
from wta.messages import Status

log = logging.getLogger(__name__)

_RETRY_S = 0.5
_LIVE_PREFIX = names.live_channel("")


class Subscriber:
    """Callbacks of whoever speaks in a session or reads it. They must not block; those not overridden do nothing."""

    def wake(self) -> None:
        """The session's kept events may have grown."""

    def receive_partial(self, message: bytes) -> None:
        """A `partial` message (JSON) came for the session."""

    def receive_status(self, status: Status) -> None:
        """How far the server is behind has changed."""

    def taken_over(self) -> None:
        """Another connection goes on with the session."""

    def deleted(self) -> None:
        """The session was deleted from the ledger."""


class Subscriptions:
    """Maps a session's id to the connection that speaks in it and to those who read it, in this process."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._speakers: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._readers: defaultdict[str | None, set[Subscriber]] = defaultdict(set)

    def join(self, session_id: str, speaker: Subscriber) -> None:
        """Make `speaker` the session's from now on. Whoever was its speaker here before hears `taken_over`."""
        for older in self._speakers[session_id]:
            older.taken_over()
        self._speakers[session_id].add(speaker)

    def leave(self, session_id: str, speaker: Subscriber) -> None:
        self._speakers[session_id].discard(speaker)
        if not self._speakers[session_id]:
            del self._speakers[session_id]

    @property
    def sessions(self) -> list[str]:
        """Ids of the sessions that are spoken in here now."""
        return list(self._speakers)

    def watch(self, session_id: str | None, reader: Subscriber) -> None:
        """Wake `reader` for one session, or for all (None), beside the one who speaks."""
        self._readers[session_id].add(reader)

    def unwatch(self, session_id: str | None, reader: Subscriber) -> None:
        self._readers[session_id].discard(reader)
        if not self._readers[session_id]:
            del self._readers[session_id]

    def broadcast(self, status: Status) -> None:
        """Give everybody who speaks here the server's status."""
        for speaker in self._all(self._speakers):
            speaker.receive_status(status)

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
            for subscriber in self._all(self._speakers) + self._all(self._readers):
                subscriber.wake()
            while True:
                message = await pubsub.get_message(timeout=1.0)
                if message is not None:
                    self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        channel, data = message["channel"].decode(), message["data"]
        if channel == names.SESSION_WAKEUP_CHANNEL:
            for subscriber in self._subscribers_of(data.decode(errors="replace")) + list(self._readers.get(None, ())):
                subscriber.wake()
        elif channel == names.SESSION_DELETED_CHANNEL:
            for subscriber in self._subscribers_of(data.decode(errors="replace")):
                subscriber.deleted()
        else:
            for subscriber in self._subscribers_of(channel.removeprefix(_LIVE_PREFIX)):
                subscriber.receive_partial(data)

    def _subscribers_of(self, session_id: str) -> list[Subscriber]:
        return [*self._speakers.get(session_id, ()), *self._readers.get(session_id, ())]

    @staticmethod
    def _all(groups: defaultdict[Any, set[Subscriber]]) -> list[Subscriber]:
        return [subscriber for group in groups.values() for subscriber in group]
