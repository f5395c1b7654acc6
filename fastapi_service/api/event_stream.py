"""The response that streams kept events to an HTTP client as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, aclosing, suppress

import anyio
import redis
from fastapi import Request
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from fastapi_service.access.client_address import client_host
from fastapi_service.api.dependencies import server_state
from fastapi_service.results.kept_events import StreamReader
from fastapi_service.results.subscriptions import Subscriber
from wta.errors import RefusedError, SessionDeletedError
from wta.messages import Error

log = logging.getLogger(__name__)

_POLL_S = 1.0
"""How much a lost wake-up delays an event at most, and how soon a stream ends when the server stops."""
_GRACE_S = 3.0
"""How long a stream may go on after the server has begun to stop."""
_RETRY_MS = 2_000
"""How long a client is asked to wait before it connects again."""
_PINGS_PER_TIMEOUT = 4
"""How many heartbeats a client gets within the idle time-out: by default one every 15 s."""


async def _always() -> bool:
    return True


class _StreamSubscriber(Subscriber):
    def __init__(self, interim: bool) -> None:
        self.woken = asyncio.Event()
        self.session_deleted = False
        self.partial: bytes | None = None
        """The newest words so far that have not been sent."""
        self._interim = interim

    def receive_partial(self, message: bytes) -> None:
        if self._interim:
            self.partial = message
            self.woken.set()

    def wake(self) -> None:
        self.woken.set()

    def deleted(self) -> None:
        self.session_deleted = True
        self.woken.set()


class EventStream(EventSourceResponse):
    """Sends the events that Redis keeps, then new ones as they come, until the client leaves.

    It holds one of the reader slots meanwhile, and answers 503 if none is free.
    """

    def __init__(
        self,
        request: Request,
        session_id: str | None,
        entries: StreamReader,
        interim: bool = False,
        is_allowed: Callable[[], Awaitable[bool]] = _always,
    ) -> None:
        """Make the response to `request`.

        Args:
            session_id: the session whose events are sent; None for the results of all sessions.
            entries: reads the stream that holds those events.
            interim: whether words so far are sent too.
            is_allowed: asked again and again; the stream ends when it returns False.
        """
        self._server = server_state(request)
        self._host = client_host(request)
        self._session_id = session_id
        self._entries = entries
        self._stop = anyio.Event()
        self._interim, self._is_allowed = interim, is_allowed
        self._settled = 0
        """`seq` of the newest sentence of which an event was sent: words so far of it are out of date."""
        settings = self._server.settings
        super().__init__(
            self._events(), ping=settings.idle_timeout_s / _PINGS_PER_TIMEOUT, send_timeout=settings.send_timeout_s,
            shutdown_event=self._stop, shutdown_grace_period=_GRACE_S, sep="\n",
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._server.reader_slots.acquire(self._host))
            except RefusedError:
                body = {"detail": "Too many are listening here right now. Try again in a minute."}
                await JSONResponse(body, 503)(scope, receive, send)
                return
            await super().__call__(scope, receive, send)

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        subscriber = _StreamSubscriber(self._interim)
        self._server.subscriptions.watch(self._session_id, subscriber)
        until = time.monotonic() + self._server.settings.max_session_s
        try:
            yield ServerSentEvent(comment="listening", retry=_RETRY_MS)
            while not self._stop.is_set() and time.monotonic() < until:
                subscriber.woken.clear()
                async with aclosing(self._new_events()) as events:
                    async for event in events:
                        yield event
                if words := self._partial(subscriber):
                    yield words
                if subscriber.session_deleted:
                    yield _error_event("deleted", str(SessionDeletedError()))
                    return
                if not await self._may_go_on():
                    yield _error_event("link_ended", "This link is not valid any more. Ask the speaker for a new one.")
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):
                        await subscriber.woken.wait()
        finally:
            self._server.subscriptions.unwatch(self._session_id, subscriber)

    async def _new_events(self) -> AsyncGenerator[ServerSentEvent, None]:
        try:
            async for entry_id, text in self._entries.entries():
                if event := self._event(entry_id, text):
                    yield event
        except redis.RedisError as error:
            log.warning("events cannot be read now: %s", error)

    def _partial(self, subscriber: _StreamSubscriber) -> ServerSentEvent | None:
        message, subscriber.partial = subscriber.partial, None
        if message is None or json.loads(message)["seq"] <= self._settled:
            return None
        return ServerSentEvent(message.decode(), event="partial")

    async def _may_go_on(self) -> bool:
        try:
            return await self._is_allowed()
        except redis.RedisError:  # it is asked again
            return True

    def _event(self, entry_id: str, text: str) -> ServerSentEvent | None:
        """Return the event of a stream's entry, or None if another program has written the entry."""
        try:
            message = json.loads(text) | ({} if self._session_id is None else {"event_id": entry_id})
            data = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
            self._settled = max(self._settled, message.get("seq") or 0)
            return ServerSentEvent(data, event=message["type"], id=entry_id)
        except (ValueError, TypeError, KeyError):
            log.warning("entry %s is not an event, so it is left out", entry_id)
            return None


def _error_event(code: str, message: str) -> ServerSentEvent:
    return ServerSentEvent(Error(code=code, message=message, retryable=False).to_json(), event="error")
