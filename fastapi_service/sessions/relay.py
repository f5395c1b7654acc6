"""The relay sends the workers' results, and news of the session, back to its speaker."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable

import redis

from fastapi_service.recording.recorder import Recorder
from fastapi_service.results import patience
from fastapi_service.results.kept_events import EventReader
from fastapi_service.results.subscriptions import Subscriber
from fastapi_service.results.summary import summarize
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.message_writer import MessageWriter
from wta.errors import SessionDeletedError, SessionFencedError
from wta.messages import Done, Error, Status

log = logging.getLogger(__name__)

_POLL_S = 2.0
"""How often the relay looks for events without being woken. A lost wake-up delays a result by this much at most."""


class Relay(Subscriber):
    """Sends a session's results to its speaker, in the order in which Redis keeps them.

    Partials and the server's status are not kept in Redis. The newest status is sent once, and so is the newest
    partial, unless its utterance has been cut already.
    """

    def __init__(
        self,
        server: ServerState,
        session_id: str,
        events: EventReader,
        recorder: Recorder,
        writer: MessageWriter,
        on_words: Callable[[], None] = lambda: None,
    ) -> None:
        self._server = server
        self._session_id = session_id
        self._events = events
        self._recorder = recorder
        self._writer = writer
        self._on_words = on_words
        self._wake = asyncio.Event()
        self._events_due = True
        """Whether to look for new events in Redis. A partial alone is no reason for that."""
        self._partial: tuple[str, str] | None = None
        """Utterance id and JSON of the newest partial, until it is sent."""
        self._status = server.status if server.status.level != "ok" else None
        self._warning: Error | None = None
        self._fenced: SessionFencedError | None = None
        """Why this connection has lost its session, once it has."""
        self._progressed_at = time.monotonic()
        """When the last event came, by the monotonic clock."""
        self._finished = False
        """Whether all audio is in the ledger."""

    def finish(self) -> None:
        """Note that all audio is in the ledger. `run` returns once every utterance has been answered.

        If no sentiment comes, the texts are the answer.
        """
        self._finished = True
        self._progressed_at = time.monotonic()
        self.wake()

    def warn(self, error: Error) -> None:
        """Send the speaker an error that does not end the connection."""
        self._warning = error
        self._wake.set()

    async def run(self) -> None:
        """Send results until `done` is sent.

        Raises SessionFencedError if another connection has taken the session over, SessionDeletedError if the session
        was deleted, and what `MessageWriter.send` raises.
        """
        while not await self._relay_once():
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                self._events_due = True
            self._wake.clear()

    def wake(self) -> None:
        self._events_due = True
        self._wake.set()

    def receive_partial(self, message: bytes) -> None:
        partial = json.loads(message)
        self._recorder.partials.answered(partial["utterance_id"], partial["text"])
        self._partial = (partial["utterance_id"], message.decode())
        self._wake.set()
        self._on_words()

    def receive_status(self, status: Status) -> None:
        self._status = status
        self._wake.set()

    def taken_over(self) -> None:
        self._fence(SessionFencedError("This session goes on in another window or connection."))

    def deleted(self) -> None:
        self._fence(SessionDeletedError())

    def _fence(self, why: SessionFencedError) -> None:
        self._fenced = why
        self._wake.set()

    async def _relay_once(self) -> bool:
        """Send everything new. Returns whether `done` was sent."""
        if self._fenced:
            raise self._fenced
        await self._send_transient()
        if not self._events_due:
            return False
        self._events_due = False
        try:
            # This comes before the events are read: the events of all utterances finished by now are among them.
            unfinished = await self._unfinished() if self._finished else None
            async for event in self._events.new():
                self._progressed_at = time.monotonic()
                await self._writer.send(event)
            if unfinished is None or (unfinished and not await self._is_patience_over()):
                return False
            if unfinished:
                await self._writer.send(_sentiment_missing(unfinished))
            await self._writer.send(await self._done())
            return True
        except redis.RedisError as error:
            log.warning("events cannot be read now session=%s: %s", self._session_id, error)
            return False

    async def _send_transient(self) -> None:
        status, self._status = self._status, None
        if status is not None:
            await self._writer.send(status)
        warning, self._warning = self._warning, None
        if warning is not None:
            await self._writer.send(warning)
        partial, self._partial = self._partial, None
        if partial is not None and partial[0] == self._recorder.open_utterance:
            await self._writer.send(partial[1])

    async def _unfinished(self) -> int:
        return await self._server.threads.run(self._server.ledger.unfinished, self._session_id)

    async def _is_patience_over(self) -> bool:
        """Whether nothing but sentiments is missing, and they have had their time."""
        if not patience.is_over(time.monotonic() - self._progressed_at, self._server.sentiment_away):
            return False
        return not await self._server.threads.run(self._server.ledger.untranscribed, self._session_id)

    async def _done(self) -> Done:
        utterances = await self._server.threads.run(self._server.ledger.utterances, self._session_id)
        return Done(session_id=self._session_id, summary=summarize(utterances))


def _sentiment_missing(utterances: int) -> Error:
    text = f"{utterances} sentences have no sentiment: no sentiment worker answers."
    return Error(code="sentiment_missing", message=text, retryable=False)
