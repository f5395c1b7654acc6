"""One Redis Pub/Sub subscription per process serves all its sessions.

It wakes them and carries partials. Everything that must not be lost is in streams.
"""

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
    """Callbacks for what happens to a session. They must not block, and do nothing unless they are overridden."""

    def wake(self) -> None:
        """The session's kept events may have grown."""

    def receive_partial(self, message: bytes) -> None:
        """A `partial` message, as JSON, has come for the session."""

    def receive_status(self, status: Status) -> None:
        """The server's status has changed: how much audio waits for the workers."""

    def taken_over(self) -> None:
        """Another connection has taken the session over."""

    def deleted(self) -> None:
        """The session was deleted from the ledger."""


class Subscriptions:
    """Knows the speaker and the readers of each session in this process, and passes Redis's messages on to them."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._speakers: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._readers: defaultdict[str | None, set[Subscriber]] = defaultdict(set)

    def join(self, session_id: str, speaker: Subscriber) -> None:
        """Make `speaker` the speaker of the session. An earlier speaker in this process gets `taken_over`."""
        for older in self._speakers[session_id]:
            older.taken_over()
        self._speakers[session_id].add(speaker)

    def leave(self, session_id: str, speaker: Subscriber) -> None:
        """End what `join` began."""
        self._speakers[session_id].discard(speaker)
        if not self._speakers[session_id]:
            del self._speakers[session_id]

    @property
    def sessions(self) -> list[str]:
        """Ids of the sessions that have a speaker in this process."""
        return list(self._speakers)

    def watch(self, session_id: str | None, reader: Subscriber) -> None:
        """Make `reader` a subscriber of one session, or wake it for all sessions (None)."""
        self._readers[session_id].add(reader)

    def unwatch(self, session_id: str | None, reader: Subscriber) -> None:
        """End what `watch` began."""
        self._readers[session_id].discard(reader)
        if not self._readers[session_id]:
            del self._readers[session_id]

    def broadcast(self, status: Status) -> None:
        """Pass the server's status to every speaker in this process."""
        for speaker in self._all(self._speakers):
            speaker.receive_status(status)

    async def run(self) -> None:
        """Listen to Redis until cancelled, and connect again whenever Redis fails."""
        while True:
            try:
                await self._listen()
            except (redis.RedisError, OSError) as error:
                log.warning("wake-ups are missing, so sessions poll until Redis answers again: %s", error)
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
