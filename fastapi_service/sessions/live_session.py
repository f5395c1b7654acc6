"""A live session on one connection. A reader, a worker and a relay run until one of them ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import nullcontext, suppress

import redis
from starlette.websockets import WebSocketDisconnect

from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.recording.recorder import Reply
from fastapi_service.results.kept_events import EventReader
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.flow_control import MAX_STRIKES, FlowControl, window_samples
from fastapi_service.sessions.frame_reader import FrameReader
from fastapi_service.sessions.message_writer import MessageWriter
from fastapi_service.sessions.relay import Relay
from fastapi_service.sessions.work_queue import Discard, WorkQueue
from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.ledger import UNUSED_TTL_S, Session
from wta.logs import about
from wta.messages import Ack, Error, Finalize, Keepalive, Start, Stop
from wta.names import CloseCode

log = logging.getLogger(__name__)

_BATCH_S = 1.0
"""How much audio is worked on in one go, so that acknowledgements come promptly and others have their turn."""
_MANY_SPEAKERS = 32
"""With this many speakers in one process, or more, audio is worked on in steps of `_STEP_S`. The process then has room
for more speakers, and words come half a step later. With fewer speakers, there is time for every frame."""
_STEP_S = 0.19
"""A little less than the length of two frames of the page."""

_EXPIRED_MESSAGE = "This talk has lasted as long as this server lets one. Start a new one to go on."


class LiveSession:
    """Runs one speaker's session on one connection.

    The reader waits for the client's frames, and for room in the queue. The worker handles audio and orders one after
    the other, in a thread. The relay sends the results.
    """

    def __init__(
        self,
        server: ServerState,
        session: Session,
        start: Start,
        frame_reader: FrameReader,
        writer: MessageWriter,
        max_strikes: float = MAX_STRIKES,
    ) -> None:
        self._server = server
        self._session = session
        self._frame_reader = frame_reader
        self._writer = writer
        self._recorder = server.recorder(session, start.interim)
        events = EventReader(server.redis_async, session.session_id, start.last_event_id or "0-0")
        self._relay = Relay(server, session.session_id, events, self._recorder, writer, self._look_at_words)
        window = window_samples(server.settings, session.sample_rate_hz)
        self._flow_control = FlowControl(window, session.acked_sample, max_strikes)
        self._queue = WorkQueue(self._bytes_of(_BATCH_S), self._min_bytes)
        self._pacing = server.pacing(session)
        self._expired = False
        """Whether the session has lasted as long as it may."""
        self._stopped = False
        """Whether no more audio will be worked on: the client has sent `stop`, or the session has expired."""
        self._finished = False
        """Whether all audio is in the ledger."""

    async def run(self) -> None:
        """Run the session until `done` is sent. Raises the error that ended the session before that."""
        session_id = self._session.session_id
        with about(key=self._session.key) if self._session.key else nullcontext():
            log.info("connected session=%s rate_hz=%d", session_id, self._session.sample_rate_hz)
            with self._server.metrics.key_sessions.labels(self._session.key).track_inprogress():
                await self._run()

    async def _run(self) -> None:
        session_id = self._session.session_id
        self._server.subscriptions.join(session_id, self._relay)
        left_s = self._server.settings.max_session_s - self._session.age_s
        timer = asyncio.get_running_loop().call_later(max(0.0, left_s), self._expire)
        tasks = [asyncio.create_task(part) for part in self._parts()]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            await self._wind_up(tasks)
            log.info("disconnected session=%s samples=%d", session_id, self._flow_control.received)
        ended.pop().result()

    def _parts(self) -> tuple[Coroutine[None, None, None], ...]:
        taken_back = self._server.credentials.until_taken_back(self._session.key)
        return self._read(), self._work(), self._relay.run(), self._keep(), taken_back

    async def _keep(self) -> None:
        """Keep the session in the ledger for as long as the connection is open, even if nothing is said."""
        while True:
            await asyncio.sleep(min(UNUSED_TTL_S, self._server.settings.retention_s) / 2)
            with suppress(redis.RedisError):
                await self._server.threads.run(self._server.ledger.keep_session, self._session.session_id)

    async def _read(self) -> None:
        while True:
            match await self._frame_reader.next(None if self._stopped else self._server.settings.idle_timeout_s):
                case _ if self._expired:
                    pass
                case bytes(audio):
                    await self._receive(audio)
                case (Finalize() | Discard()) as order:
                    self._queue.put(order)
                case Stop() as order:
                    self._stopped = True
                    self._queue.put(order)
                case Start():
                    raise ProtocolError("bad_message", "`start` was sent already.")
                case Keepalive():
                    pass

    async def _receive(self, audio: bytes) -> None:
        if self._stopped:
            raise ProtocolError("bad_message", "Audio came after `stop`.")
        self._queue.put(audio)
        if self._flow_control.receive(len(audio) // BYTES_PER_SAMPLE):
            await self._queue.drained()

    def _look_at_words(self) -> None:
        """The words so far may say that the sentence is over: look at once, and not with the next audio."""
        if not self._stopped and self._recorder.is_awaiting_words:
            self._queue.put(b"")

    async def _work(self) -> None:
        while True:
            item, arrived = await self._queue.get()
            match item:
                case bytes(audio):
                    replies = await self._server.threads.run(self._recorder.push, audio, arrived)
                    await self._reply(replies)
                    await self._pacing.wait(len(audio) / self._bytes_of(1), replies)
                case Finalize():
                    await self._reply(await self._server.threads.run(self._recorder.finalize))
                case Discard():
                    await self._reply(await self._server.threads.run(self._recorder.discard))
                case Stop():
                    await self._reply(await self._server.threads.run(self._recorder.finish))
                    self._finished = True
                    self._relay.finish()
            await self._writer.replied_to(item)

    async def _reply(self, messages: list[Reply]) -> None:
        for message in messages:
            await self._writer.send(message)
            if isinstance(message, Ack):
                self._flow_control.acked = message.sample

    def _expire(self) -> None:
        """Answer everything said so far, as after `stop`, and ignore whatever comes from now on."""
        if self._stopped:
            return
        log.info("a session has reached its longest duration session=%s", self._session.session_id)
        self._expired = self._stopped = True
        self._queue.put(Stop())
        self._relay.warn(Error(code="session_over", message=_EXPIRED_MESSAGE, retryable=False))

    async def _wind_up(self, tasks: list[asyncio.Task[None]]) -> None:
        self._server.subscriptions.leave(self._session.session_id, self._relay)
        await cancel_and_wait(tasks)
        errors = [task.exception() for task in tasks if not task.cancelled()]
        if self._finished:
            return
        if any(isinstance(e, WebSocketDisconnect) and e.code == CloseCode.RESTART for e in errors):
            # The server is shutting down, so there is no time for a grace period.
            await self._server.orphaned_audio.write(self._recorder, self._queue.rest())
        else:
            self._server.orphaned_audio.adopt(self._recorder, self._queue.rest())

    def _bytes_of(self, seconds: float) -> int:
        return round(seconds * self._session.sample_rate_hz) * BYTES_PER_SAMPLE

    def _min_bytes(self) -> int:
        return self._bytes_of(_STEP_S) if self._server.slots.in_use >= _MANY_SPEAKERS else 0
