"""One Redis Pub/Sub connection per process, which hears of this process's sessions and of no others.

It wakes them and carries partials. Everything that must not be lost is in streams.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

import redis
import redis.asyncio

from fastapi_service.concurrency import cancel_and_wait
from wta import names
from wta.messages import Status

log = logging.getLogger(__name__)

_RETRY_S = 0.5


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
        self._changed: asyncio.Queue[str | None] = asyncio.Queue()
        """Sessions whose first subscriber has come, or whose last has gone. None stands for all sessions."""

    def join(self, session_id: str, speaker: Subscriber) -> None:
        """Make `speaker` the speaker of the session. An earlier speaker in this process gets `taken_over`."""
        for older in self._speakers[session_id]:
            older.taken_over()
        self._speakers[session_id].add(speaker)
        self._changed.put_nowait(session_id)

    def leave(self, session_id: str, speaker: Subscriber) -> None:
        """End what `join` began."""
        self._remove(self._speakers, session_id, speaker)

    @property
    def sessions(self) -> list[str]:
        """Ids of the sessions that have a speaker in this process."""
        return list(self._speakers)

    def watch(self, session_id: str | None, reader: Subscriber) -> None:
        """Make `reader` a subscriber of one session, or wake it for all sessions (None)."""
        self._readers[session_id].add(reader)
        self._changed.put_nowait(session_id)

    def unwatch(self, session_id: str | None, reader: Subscriber) -> None:
        """End what `watch` began."""
        self._remove(self._readers, session_id, reader)

    def broadcast(self, status: Status) -> None:
        """Pass the server's status to every speaker in this process."""
        for speaker in self._all(self._speakers):
            speaker.receive_status(status)

    async def run(self) -> None:
        """Listen to Redis until cancelled, and connect again whenever that fails, whatever the reason."""
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("wake-ups are missing, so sessions poll until Redis answers again: %r", error)
            await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(names.SESSION_DELETED_CHANNEL)
            for session_id in [*self._speakers, *self._readers]:
                await self._follow(pubsub, session_id)
            following = asyncio.create_task(self._follow_changes(pubsub))
            try:
                while not following.done():
                    message = await pubsub.get_message(timeout=1.0)
                    if message is not None:
                        self._dispatch(message["channel"].decode(), message["data"])
                following.result()
            finally:
                await cancel_and_wait([following])

    async def _follow_changes(self, pubsub: redis.asyncio.client.PubSub) -> None:
        while True:
            await self._follow(pubsub, await self._changed.get())

    async def _follow(self, pubsub: redis.asyncio.client.PubSub, session_id: str | None) -> None:
        """Subscribe to what the session needs now. Wakes it, for what has come before that."""
        channels = _channels(session_id)
        if session_id in self._speakers or session_id in self._readers:
            await pubsub.subscribe(*channels)
            for subscriber in self._subscribers_of(session_id):
                subscriber.wake()
        else:
            await pubsub.unsubscribe(*channels)

    def _dispatch(self, channel: str, data: bytes) -> None:
        if channel == names.SESSION_WAKEUP_CHANNEL:
            for reader in self._readers.get(None, ()):
                reader.wake()
        elif channel == names.SESSION_DELETED_CHANNEL:
            for subscriber in self._subscribers_of(data.decode(errors="replace")):
                subscriber.deleted()
        elif session_id := names.session_of_wakeup(channel):
            for subscriber in self._subscribers_of(session_id):
                subscriber.wake()
        else:
            for subscriber in self._subscribers_of(names.session_of_live(channel)):
                subscriber.receive_partial(data)

    def _subscribers_of(self, session_id: str | None) -> list[Subscriber]:
        speakers = self._speakers.get(session_id, ()) if session_id else ()
        return [*speakers, *self._readers.get(session_id, ())]

    def _remove(self, groups: defaultdict[Any, set[Subscriber]], session_id: str | None, one: Subscriber) -> None:
        groups[session_id].discard(one)
        if not groups[session_id]:
            del groups[session_id]
        self._changed.put_nowait(session_id)

    @staticmethod
    def _all(groups: defaultdict[Any, set[Subscriber]]) -> list[Subscriber]:
        return [subscriber for group in groups.values() for subscriber in group]


def _channels(session_id: str | None) -> tuple[str, ...]:
    if session_id is None:
        return (names.SESSION_WAKEUP_CHANNEL,)
    return names.live_channel(session_id), names.wakeup_channel(session_id)
