"""Holds a speaker's session that survives broken connections."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wta.audio_format import BYTES_PER_SAMPLE
from wta.client.connection import check_close, open_connection
from wta.client.errors import ServerAwayError
from wta.client.unacked_audio import UnackedAudio
from wta.errors import WtaError
from wta.messages import AS_THE_SERVER, Ack, Done, Error, Keepalive, Options, Ready, ServerMessage, Start, parse_server

log = logging.getLogger(__name__)

_FRAME_S = 0.1
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.25, 5.0
_KEPT_MESSAGES = 1000


class SpeechSession:
    """One speaker's session. Use it with `async with`, send audio in one task and iterate for messages in another.

    `converse` does both. Audio is kept until the server has acknowledged it, never more than the server's window
    (about 30 s), and is sent again after a reconnect. Results are asked for again from the last one seen. So a broken
    connection, or a server that restarts, loses and doubles nothing, as long as the session can be resumed within
    `give_up_s`.

    A broken connection is tried again after a random time of at most 0.25 s, then of at most twice that and so on up
    to 5 s (full jitter), until `give_up_s` have passed without a word from the server. The first connection is tried
    once.

    Args:
        url: address with its path, such as "ws://127.0.0.1:8000/ws/audio"; wss:// for TLS.
        sample_rate_hz: sample rate of all audio that is sent, 8,000 to 96,000.
        options: language or languages, task, endpoint and times of words; resuming keeps them.
        interim: whether the server shall send `Partial`s.
        token: one-time token, made with an API key (`POST /api/token`), where the server wants a key.
        key: API key, where the server wants one and there is no `token`.
        resume_token: `ready.resume_token` of a session to go on with, begun here or in another program. Send audio
            from sample `ready.next_sample` on; what came before is safe on the server.
        last_event_id: `last_event_id` of that session: later results are sent again. None: all are sent again.
        give_up_s: how long a broken connection is tried again.

    Raises ServerAwayError where the server cannot be reached, is full, or does not come back in time, and
    ProtocolError where it refuses this session for good. `async with`, the iteration and `send` raise them.
    """

    def __init__(
        self,
        url: str,
        sample_rate_hz: int,
        *,
        options: Options = AS_THE_SERVER,
        interim: bool = True,
        token: str | None = None,
        key: str | None = None,
        resume_token: str | None = None,
        last_event_id: str | None = None,
        give_up_s: float = 60.0,
    ) -> None:
        self._url, self._key = url, key
        self._start = Start(
            sample_rate=sample_rate_hz, interim=interim, token=token, resume_token=resume_token,
            last_event_id=last_event_id, **dict(options),
        )  # fmt: skip
        self._give_up_s = give_up_s
        self._messages: asyncio.Queue[ServerMessage | None] = asyncio.Queue()
        self._queue_slots = asyncio.Semaphore(_KEPT_MESSAGES)
        self._failure: BaseException | None = None
        self._lost_at: float | None = None
        self._delay_s = _FIRST_DELAY_S
        self._last_error: Error | None = None
        self._to_send = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None]
        self._audio: UnackedAudio
        self.ready: Ready
        """The newest greeting of the server: session id, resume token, limits, models."""

    @property
    def last_event_id(self) -> str | None:
        """Event id of the newest result seen. With it and `ready.resume_token` another program can go on."""
        return self._start.last_event_id

    async def __aenter__(self) -> Self:
        socket, self.ready = await open_connection(self._url, self._start, self._key)
        limits = self.ready.limits
        frame_samples = min(round(_FRAME_S * self._start.sample_rate), limits.max_frame_bytes // BYTES_PER_SAMPLE)
        self._audio = UnackedAudio(limits.max_unacked_samples, frame_samples, self.ready.next_sample)
        await self._greeted()
        self._task = asyncio.create_task(self._run(socket))
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    async def send(self, pcm16: bytes) -> None:
        """Send PCM16 mono at the session's rate, of any length. Waits while the window is full.

        Raises ValueError for half a sample, and what ended the session where it is over.
        """
        if len(pcm16) % BYTES_PER_SAMPLE:
            raise ValueError("half a sample: PCM16 has two bytes each")
        rest = memoryview(pcm16)
        while rest:
            room = await self._wait_for_room() * BYTES_PER_SAMPLE
            self._audio.push(rest[:room])
            rest = rest[room:]
            self._to_send.set()

    async def finalize(self) -> None:
        """End the current utterance now, without waiting for silence."""
        self._audio.finalize()
        self._to_send.set()

    async def stop(self) -> None:
        """Say that no more audio will come. The iteration ends with `done`."""
        self._audio.stop()
        self._to_send.set()

    async def __aiter__(self) -> AsyncIterator[ServerMessage]:
        """Yield the server's messages up to `done`, each kept event once. Raises what ended the session before that."""
        while (message := await self._messages.get()) is not None:
            self._queue_slots.release()
            yield message
        if self._failure:
            raise self._failure

    def abort(self, error: WtaError) -> None:
        """End the session from this side: the iteration and `send` raise `error`."""
        self._failure = error
        self._task.cancel()

    async def _wait_for_room(self) -> int:
        while not self._task.done():
            if self._audio.room > 0:
                return self._audio.room
            self._room.clear()
            await self._room.wait()
        raise self._failure or WtaError("The session is over.")

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._failure = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
        self._messages.put_nowait(None)
        self._room.set()

    # ---- the connection -----------------------------------------------------------------------------------------

    async def _run(self, socket: ClientConnection) -> None:
        while not await self._serve(socket):
            check_close(socket.close_code, self._last_error)
            log.warning("the connection broke (code %s); resuming", socket.close_code)
            socket = await self._reopen()

    async def _greeted(self) -> None:
        """Go on from the place that the server named in its `ready`."""
        self._start = self._start.model_copy(update={"resume_token": self.ready.resume_token})
        if lost := self._audio.rewind(self.ready.next_sample):
            log.warning(
                "the server has lost %.1f s that it had acknowledged: silence takes their place",
                lost / self._start.sample_rate,
            )
        self._last_error = None
        self._room.set()
        await self._hand_over(self.ready)

    async def _reopen(self) -> ClientConnection:
        """Connect again after random delays, so that the clients of a restarted server do not all come at once."""
        if self._lost_at is None:
            self._lost_at, self._delay_s = time.monotonic(), _FIRST_DELAY_S
        why: ServerAwayError | None = None
        # A server that says `ready` and is gone again, time after time, counts as away too.
        while time.monotonic() - self._lost_at <= self._give_up_s:
            await asyncio.sleep(random.uniform(0, self._delay_s))
            self._delay_s = min(_LONGEST_DELAY_S, self._delay_s * 2)
            try:
                socket, self.ready = await open_connection(self._url, self._start, self._key)
            except ServerAwayError as error:
                why = error
                continue
            await self._greeted()
            return socket
        raise ServerAwayError(f"The connection broke and could not be resumed. {why or ''}".rstrip()) from why

    async def _serve(self, socket: ClientConnection) -> bool:
        """Send and read on one connection until it ends. Returns whether the server has said `done`."""
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write(socket))
                done = await self._read(socket)
                writer.cancel()
        finally:
            await socket.close()
        return done

    async def _write(self, socket: ClientConnection) -> None:
        """Send audio and orders, and a `keepalive` when there has been nothing to send for a while."""
        with suppress(ConnectionClosed):  # the reader sees the end too, with its reason
            while True:
                item = self._audio.next()
                if item is not None:
                    await socket.send(item if isinstance(item, bytes) else item.to_json())
                    continue
                self._to_send.clear()
                try:
                    # Not wait_for: before Python 3.12 it can swallow a cancellation.
                    async with asyncio.timeout(self.ready.limits.idle_timeout_s / 3):
                        await self._to_send.wait()
                except TimeoutError:
                    await socket.send(Keepalive().to_json())

    async def _read(self, socket: ClientConnection) -> bool:
        with suppress(ConnectionClosed):
            async for frame in socket:
                try:
                    message = parse_server(frame)
                except ValidationError:  # a newer server may send more
                    log.debug("ignored a message of an unknown type")
                    continue
                self._lost_at = None
                await self._receive(message)
                if isinstance(message, Done):
                    return True
        return False

    async def _receive(self, message: ServerMessage) -> None:
        match message:
            case Ack(sample=sample):
                self._audio.acknowledge(sample)
                self._room.set()
                self._to_send.set()
            case Error(utterance_id=None):
                self._last_error = message
        if self._is_new(message):
            await self._hand_over(message)

    async def _hand_over(self, message: ServerMessage) -> None:
        """Queue a message for the iteration. Where nobody iterates, this waits, so that the server is held up too."""
        await self._queue_slots.acquire()
        self._messages.put_nowait(message)

    def _is_new(self, message: ServerMessage) -> bool:
        """Whether `message` was not seen before; it counts as seen from now on.

        Events are numbered and come in order. After a reconnect the server may send some of them again.
        """
        event_id: str | None = getattr(message, "event_id", None)
        if event_id is None:
            return True
        last = self._start.last_event_id
        if last is not None and _order(event_id) <= _order(last):
            return False
        self._start = self._start.model_copy(update={"last_event_id": event_id})
        return True


def _order(event_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in event_id.split("-"))
