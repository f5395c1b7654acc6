"""One file through the whole system: the same session, ledger and workers as a speaker's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from fastapi_service.recording.recorder import Reply
from fastapi_service.results.kept_events import EventReader
from fastapi_service.results.subscriptions import Subscriber
from fastapi_service.server_state import ServerState
from wta.audio_format import seconds
from wta.errors import SessionDeletedError, SessionFencedError, WtaError
from wta.ledger import Session
from wta.messages import Error, Final, NoSpeech, Sentiment, SpeechEnded, Start, parse_server
from wta.messages.server import ServerUnion

_POLL_S = 0.5
_UNDER_WAY = 4
"""Sentences of one file that wait for a worker at a time: a long file must not stand before all who speak live."""


class NoAnswerError(WtaError):
    """The workers have not answered in time, or could not."""


class Answers:
    """What the workers have made of a file, for who wants all of it or nothing."""

    def __init__(self) -> None:
        self.finals: dict[int, Final] = {}
        self.sentiments: dict[int, Sentiment] = {}

    def add(self, message: ServerUnion) -> None:
        """Raises NoAnswerError for a sentence that was given up."""
        match message:
            case Final():
                self.finals[message.seq] = message
            case Sentiment():
                self.sentiments[message.seq] = message
            case Error() if message.seq is not None and message.seq not in self.finals:
                raise NoAnswerError(message.message)

    def in_order(self) -> list[Final]:
        return [final for _, final in sorted(self.finals.items())]


class Transcription(Subscriber):
    """One file on its way through the system.

    Args:
        on_event: called with every event of the session, old ones too.
        with_sentiment: whether a sentence counts as answered only once it has its sentiment.
    """

    def __init__(
        self,
        server: ServerState,
        session: Session,
        on_event: Callable[[ServerUnion], None] = lambda _: None,
        with_sentiment: bool = True,
    ) -> None:
        self._server = server
        self._session = session
        self._on_event = on_event
        self._final_kinds: tuple[type, ...] = (NoSpeech, Error, Sentiment if with_sentiment else Final)
        start = Start(sample_rate=session.sample_rate_hz, interim=False)
        self._recorder = server.recorder(session, start)
        self._events = EventReader(server.redis_async, session.session_id)
        self._woken = asyncio.Event()
        self._fenced: SessionFencedError | None = None
        self.audio_s = 0.0
        """Seconds of audio taken so far."""
        self._cut: set[int] = set(range(1, session.next_seq))
        self._answered: set[int] = set()
        self._progressed_at = time.monotonic()

    async def run(self, audio: AsyncIterator[bytes], gone: Callable[[], Awaitable[bool]]) -> None:
        """Until every sentence is answered. `gone` tells whether anybody still wants to know: else it ends early.

        Raises NoAnswerError; what `audio` raises; SessionFencedError where the session was deleted.
        """
        threads = self._server.threads
        self._server.subscriptions.join(self._session.session_id, self)
        try:
            async for pcm16 in audio:
                self.audio_s += seconds(pcm16)
                self._count(await threads.run(self._recorder.push, pcm16, time.time()))
                await self._until_waiting(_UNDER_WAY, gone)
            self._count(await threads.run(self._recorder.finish))
            await self._until_waiting(0, gone)
        finally:
            self._server.subscriptions.leave(self._session.session_id, self)

    def _count(self, messages: list[Reply]) -> None:
        self._cut |= {message.seq for message in messages if isinstance(message, SpeechEnded)}

    async def _until_waiting(self, most: int, gone: Callable[[], Awaitable[bool]]) -> None:
        while len(self._cut - self._answered) > most:
            self._woken.clear()
            await self._read_events()
            if len(self._cut - self._answered) <= most:
                return
            if self._fenced or await gone():
                raise self._fenced or NoAnswerError("Nobody waits for the answer any more.")
            settings = self._server.settings
            if time.monotonic() - self._progressed_at > settings.deadline_s * settings.max_attempts:
                raise NoAnswerError("No worker has answered for long. Try again later.")
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._woken.wait()

    async def _read_events(self) -> None:
        async for text in self._events.new():
            message = parse_server(text)
            self._progressed_at = time.monotonic()
            self._on_event(message)
            seq = getattr(message, "seq", None)
            if isinstance(message, self._final_kinds) and seq is not None:
                self._answered.add(seq)

    def wake(self) -> None:
        self._woken.set()

    def deleted(self) -> None:
        self._fenced = SessionDeletedError()
        self._woken.set()
