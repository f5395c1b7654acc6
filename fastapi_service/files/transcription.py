"""The transcription of one file. It uses the same session, ledger and workers as live speech."""

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
from wta.messages import Error, Final, NoSpeech, Sentiment, SpeechEnded, parse_server
from wta.messages.server import ServerUnion

_POLL_S = 0.5
"""How often events are looked for without a wake-up."""
_UNDER_WAY = 4
"""How many sentences of one file may wait for a worker at a time, so that a long file does not delay live speech."""


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
        self._final_kinds: tuple[type, ...] = (NoSpeech, Error, Sentiment if with_sentiment else Final)
        self._recorder = server.recorder(session, interim=False)
        self._events = EventReader(server.redis_async, session.session_id)
        self._woken = asyncio.Event()
        self._fenced: SessionFencedError | None = None
        self.audio_s = 0.0
        """Seconds of audio pushed so far."""
        self._cut: set[int] = set(range(1, session.next_seq))
        """`seq` of every sentence that was cut."""
        self._answered: set[int] = set()
        """`seq` of every sentence that was answered."""
        self._progressed_at = time.monotonic()
        """When the last event came, by the monotonic clock."""

    async def run(self, audio: AsyncIterator[bytes], gone: Callable[[], Awaitable[bool]]) -> None:
        """Transcribe the audio until every sentence is answered.

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
                raise self._fenced or NoAnswerError("The client no longer waits for the answer.")
            settings = self._server.settings
            if time.monotonic() - self._progressed_at > settings.deadline_s * settings.max_attempts:
                raise NoAnswerError("No worker has answered for a long time. Try again later.")
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
