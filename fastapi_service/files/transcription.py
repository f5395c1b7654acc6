"""The transcription of one file. It uses the same session, ledger and workers as live speech."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from fastapi_service.recording.pacing import MAX_MEMORY_FRACTION, MAX_UNTRANSCRIBED
from fastapi_service.recording.recorder import Reply
from fastapi_service.results import patience
from fastapi_service.results.kept_events import EventReader
from fastapi_service.results.subscriptions import Subscriber
from fastapi_service.server_state import ServerState
from wta.audio_format import seconds
from wta.errors import SessionDeletedError, SessionFencedError, WtaError
from wta.ledger import Session
from wta.messages import Error, Final, NoSpeech, Sentiment, SpeechEnded, SpeechStarted, parse_server
from wta.messages.server import ServerUnion

_POLL_S = 0.5
"""How often events are looked for without a wake-up."""
_BEHIND_S = 1.0
"""From this delay on, the server is behind: whoever waits is waiting for a turn, not for an answer."""


class NoAnswerError(WtaError):
    """The workers have not answered in time, or could not answer at all."""


class Transcription(Subscriber):
    """Sends one file's audio through the system, and follows its sentences until they are answered."""

    def __init__(
        self,
        server: ServerState,
        session: Session,
        on_event: Callable[[ServerUnion], None] = lambda _: None,
        with_sentiment: bool = True,
    ) -> None:
        """Prepare a transcription.

        Args:
            session: the file's session. It may have sentences already, from an earlier attempt.
            on_event: called with every event of the session, earlier ones included.
            with_sentiment: whether a sentence counts as answered only once it has its sentiment.
        """
        self._server = server
        self._session = session
        self._on_event = on_event
        self._last_kinds: tuple[type, ...] = (NoSpeech, Error, Sentiment if with_sentiment else Final)
        self._recorder = server.recorder(session, interim=False, early=False)
        self._events = EventReader(server.redis_async, session.session_id)
        self._woken = asyncio.Event()
        self._fenced: SessionFencedError | None = None
        self.audio_s = 0.0
        """Seconds of audio pushed so far."""
        self.spans_s: dict[int, tuple[float, float]] = {}
        """Start and end of every sentence that was cut, by `seq`."""
        self._cut: set[int] = set(range(1, session.next_seq))
        """`seq` of every sentence that was cut."""
        self._transcribed: set[int] = set()
        """`seq` of every sentence that has its text."""
        self._answered: set[int] = set()
        """`seq` of every sentence that was answered."""
        self._progressed_at = time.monotonic()
        """When the last event came, by the monotonic clock."""
        self._waits_since = self._progressed_at
        """Since when an answer is overdue: since the last event or the first sentence after it, or since the server was
        last behind."""

    async def run(self, audio: AsyncIterator[bytes], gone: Callable[[], Awaitable[bool]]) -> None:
        """Transcribe the audio until every sentence is answered.

        A long file never has more than a few sentences without text, so that live speech stands before it, and takes
        half of a core at most while it is cut. If no sentiment comes, the texts are the answer.

        Args:
            audio: PCM16, mono, at the session's sample rate.
            gone: returns whether the client is gone, so that the work can end early.

        Raises NoAnswerError if the workers do not answer in time or the client is gone, SessionDeletedError if the
        session was deleted, and everything that `audio`, `on_event` and the recorder raise.
        """
        threads = self._server.threads
        self._server.subscriptions.join(self._session.session_id, self)
        try:
            async for pcm16 in audio:
                self.audio_s += seconds(pcm16)
                began = time.monotonic()
                self._count(await threads.run(self._recorder.push, pcm16, time.time()))
                await asyncio.sleep(time.monotonic() - began)
                await self._until(self._may_go_on, gone)
            self._count(await threads.run(self._recorder.finish))
            await self._until(self._is_done, gone)
        finally:
            self._server.subscriptions.leave(self._session.session_id, self)

    def _count(self, messages: list[Reply]) -> None:
        for message in messages:
            if isinstance(message, SpeechStarted):
                self.spans_s[message.seq] = (message.at, message.at)
            elif isinstance(message, SpeechEnded):
                self.spans_s[message.seq] = (self.spans_s.get(message.seq, (message.at,))[0], message.at)
                if self._cut <= self._transcribed:  # nothing was waited for until now
                    self._waits_since = time.monotonic()
                self._cut.add(message.seq)

    def _may_go_on(self) -> bool:
        roomy = self._server.memory_fraction <= MAX_MEMORY_FRACTION
        return roomy and len(self._cut - self._transcribed) < MAX_UNTRANSCRIBED

    def _is_done(self) -> bool:
        if self._cut - self._transcribed:
            return False
        waited_s = time.monotonic() - self._progressed_at
        return not self._cut - self._answered or patience.is_over(waited_s, self._server.sentiment_away)

    async def _until(self, condition: Callable[[], bool], gone: Callable[[], Awaitable[bool]]) -> None:
        while not condition():
            self._woken.clear()
            await self._read_events()
            if condition():
                return
            if self._fenced or await gone():
                raise self._fenced or NoAnswerError("The client no longer waits for the answer.")
            self._check_patience()
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._woken.wait()

    def _check_patience(self) -> None:
        now, settings = time.monotonic(), self._server.settings
        if self._server.behind_s > _BEHIND_S and not self._server.speech_away:
            self._waits_since = now
        if now - self._waits_since > settings.deadline_s * settings.max_attempts:
            raise NoAnswerError("No worker has answered for a long time. Try again later.")

    async def _read_events(self) -> None:
        async for text in self._events.new():
            message = parse_server(text)
            self._progressed_at = self._waits_since = time.monotonic()
            self._on_event(message)
            seq = getattr(message, "seq", None)
            if seq is not None and isinstance(message, Final | NoSpeech | Error):
                self._transcribed.add(seq)
            if seq is not None and isinstance(message, self._last_kinds):
                self._answered.add(seq)

    def wake(self) -> None:
        self._woken.set()

    def deleted(self) -> None:
        self._fenced = SessionDeletedError()
        self._woken.set()
