"""A running session on one connection: a reader, a worker and a relay, until one of them ends."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import redis
from starlette.websockets import WebSocketDisconnect

from fastapi_service.concurrency import end
from fastapi_service.recording.recorder import Message
from fastapi_service.results.kept_events import EventReader
from fastapi_service.results.summary import summarize
from fastapi_service.server_state import Services
from fastapi_service.sessions.flow_control import STRIKES, Flow, window_samples
from fastapi_service.sessions.frame_reader import Frames
from fastapi_service.sessions.message_writer import Outbox
from fastapi_service.sessions.work_queue import Inbox
from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError, SessionDeletedError, SessionFencedError
from wta.ledger import Session
from wta.messages import Ack, Done, Error, Finalize, Keepalive, Start, Status, Stop
from wta.names import CloseCode

log = logging.getLogger(__name__)

_POLL_S = 2.0
"""What a lost wake-up costs at most."""
_BATCH_S = 1.0
"""Audio worked on in one go: acks come promptly and others have their turn."""
_MANY = 32
"""From so many speakers in one process on, audio is worked on in steps of `_STEP_S`: more of them have room, and words
come half a step later. With fewer there is time for every frame."""
_STEP_S = 0.19
"""A little less than two of the page's frames."""

_OVER = "This talk has lasted as long as this server lets one. Start a new one to go on."


class RunningSession:
    """Implements feed.Listener."""

    def __init__(
        self,
        services: Services,
        session: Session,
        start: Start,
        frames: Frames,
        outbox: Outbox,
        most_strikes: float = STRIKES,
    ) -> None:
        self._services = services
        self._session = session
        self._frames = frames
        self._outbox = outbox
        self._recorder = services.recorder(session, start)
        self._events = EventReader(services.redis_async, session.session_id, start.last_event_id or "0-0")
        self._flow = Flow(window_samples(services.settings, session.sample_rate_hz), session.acked_sample, most_strikes)
        self._inbox = Inbox(self._bytes_of(_BATCH_S), self._worth_a_step)
        self._wake = asyncio.Event()
        self._grown = True
        """There may be new events; a partial alone is no reason to ask Redis."""
        self._partial: tuple[str, str] | None = None
        """Utterance and message (JSON)."""
        self._status = services.status if services.status.level != "ok" else None
        self._fenced: SessionFencedError | None = None
        """Why this connection has no session any more."""
        self._over = False
        """The session has lasted as long as it may."""
        self._told = False
        """Whether the speaker knows that."""
        self._stopped = False
        """The client will send no more audio."""
        self._finished = False
        """All audio is in the ledger."""

    async def run(self) -> None:
        """Returns once `done` is said; raises what ended the session before that."""
        session_id = self._session.session_id
        log.info("connected session=%s rate_hz=%d", session_id, self._session.sample_rate_hz)
        self._services.feed.join(session_id, self)
        left_s = self._session.opened_s + self._services.settings.max_session_s - time.time()
        timer = asyncio.get_running_loop().call_later(max(0.0, left_s), self._expire)
        tasks = [asyncio.create_task(part) for part in (self._read(), self._work(), self._relay())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            await self._wind_up(tasks)
            log.info("disconnected session=%s samples=%d", session_id, self._flow.received)
        ended.pop().result()

    # ---- feed.Listener ------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._grown = True
        self._wake.set()

    def show_partial(self, message: bytes) -> None:
        partial = json.loads(message)
        self._recorder.partials.answered(partial["utterance_id"], partial["text"])
        self._partial = (partial["utterance_id"], message.decode())
        self._wake.set()

    def show_status(self, status: Status) -> None:
        self._status = status
        self._wake.set()

    def taken_over(self) -> None:
        self._fence(SessionFencedError("This session goes on in another window or connection."))

    def deleted(self) -> None:
        self._fence(SessionDeletedError())

    def _fence(self, why: SessionFencedError) -> None:
        self._fenced = why
        self._wake.set()

    def _expire(self) -> None:
        """What was said until now is answered, as after `stop`; what comes from now on is passed over."""
        if self._stopped:
            return
        log.info("as long as a session may be session=%s", self._session.session_id)
        self._over = self._stopped = True
        self._inbox.put(Stop())
        self._wake.set()

    def _bytes_of(self, seconds: float) -> int:
        return round(seconds * self._session.sample_rate_hz) * BYTES_PER_SAMPLE

    def _worth_a_step(self) -> int:
        return self._bytes_of(_STEP_S) if self._services.places.taken >= _MANY else 0

    # ---- reader: never waits for anything but the client, or for room ---------------------------------------------

    async def _read(self) -> None:
        while True:
            match await self._frames.next(None if self._stopped else self._services.settings.idle_timeout_s):
                case _ if self._over:
                    pass
                case bytes(audio):
                    await self._receive(audio)
                case Finalize() as order:
                    self._inbox.put(order)
                case Stop() as order:
                    self._stopped = True
                    self._inbox.put(order)
                case Start():
                    raise ProtocolError("bad_message", "`start` was said already.")
                case Keepalive():
                    pass

    async def _receive(self, audio: bytes) -> None:
        if self._stopped:
            raise ProtocolError("bad_message", "Audio came after `stop`.")
        self._inbox.put(audio)
        if self._flow.receive(len(audio) // BYTES_PER_SAMPLE):
            await self._inbox.drained()

    # ---- worker: everything in order ------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            item, arrived = await self._inbox.get()
            match item:
                case bytes(audio):
                    await self._say(await self._services.threads.run(self._recorder.take, audio, arrived))
                case Finalize():
                    await self._say(await self._services.threads.run(self._recorder.finalize))
                case Stop():
                    await self._say(await self._services.threads.run(self._recorder.finish))
                    self._finished = True
                    self.wake()
            await self._outbox.took(item)

    async def _say(self, messages: list[Message]) -> None:
        for message in messages:
            await self._outbox.send(message)
            if isinstance(message, Ack):
                self._flow.acked = message.sample

    # ---- relay: what comes from the workers -----------------------------------------------------------------------

    async def _relay(self) -> None:
        while not await self._relay_once():
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                self._grown = True
            self._wake.clear()

    async def _relay_once(self) -> bool:
        """Send what there is. True: that was all."""
        if self._fenced:
            raise self._fenced
        await self._send_passing()
        if not self._grown:
            return False
        self._grown = False
        try:
            # Asked before the events are read: what is finished by now is among them.
            finished = self._finished and not await self._unfinished()
            async for event in self._events.new():
                await self._outbox.send(event)
            if finished:
                await self._outbox.send(await self._done())
            return finished
        except redis.RedisError as error:
            log.warning("no events for now session=%s: %s", self._session.session_id, error)
            return False

    async def _send_passing(self) -> None:
        status, self._status = self._status, None
        if status is not None:
            await self._outbox.send(status)
        if self._over and not self._told:
            self._told = True
            await self._outbox.send(Error(code="session_over", message=_OVER, retryable=False))
        partial, self._partial = self._partial, None
        if partial is not None and partial[0] == self._recorder.open_utterance:
            await self._outbox.send(partial[1])

    async def _unfinished(self) -> int:
        return await self._services.threads.run(self._services.ledger.unfinished, self._session.session_id)

    async def _done(self) -> Done:
        utterances = await self._services.threads.run(self._services.ledger.utterances, self._session.session_id)
        return Done(session_id=self._session.session_id, summary=summarize(utterances))

    # ---- the end --------------------------------------------------------------------------------------------------

    async def _wind_up(self, tasks: list[asyncio.Task[None]]) -> None:
        self._services.feed.leave(self._session.session_id, self)
        await end(tasks)
        errors = [task.exception() for task in tasks if not task.cancelled()]
        if self._finished:
            return
        if any(isinstance(e, WebSocketDisconnect) and e.code == CloseCode.RESTART for e in errors):
            await self._services.tails.write(self._recorder, self._inbox.rest())  # The server itself is going down.
        else:
            self._services.tails.adopt(self._recorder, self._inbox.rest())
