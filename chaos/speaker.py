"""A speaker: a real session over the WebSocket, with the project's own client, and its history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import aclosing

from chaos.history import Span, SpeakerHistory
from chaos.loop_thread import LoopThread
from chaos.voice import Speech
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.client import Pace, ServerAwayError, SpeechSession, converse, paced
from wta.errors import WtaError
from wta.messages import Ack, Error, Final, NoSpeech, Ready, Sentiment, ServerMessage, SpeechEnded, SpeechStarted

_BLOCK_BYTES = SAMPLE_RATE_HZ // 2 * BYTES_PER_SAMPLE
_GIVE_UP_S = 180.0
_RETRY_S = 0.5


class Speaker:
    """One person who speaks, waits for the answers and goes. Starts at once."""

    def __init__(
        self, loop: LoopThread, url: str, speech: Speech | Iterable[bytes], pace: Pace, patience_s: float = _GIVE_UP_S
    ) -> None:
        self.history = SpeakerHistory()
        self.acked_samples = 0
        self.late_s: list[float] = []
        """Seconds that each kept event took from Redis to here."""
        self.latency_s: list[float] = []
        """Seconds from the end of the speech reaching the server to the text arriving here, for each text."""
        self.connections = 0
        self._starts: dict[str, float] = {}
        self._url = url
        self._patience_s = patience_s
        if isinstance(speech, Speech):
            self.history.spoken = speech.spans
            blocks: Iterable[bytes] = _blocks(speech.pcm16)
        else:
            blocks = speech
        self._audio = paced(blocks, SAMPLE_RATE_HZ, pace)
        self._task: Future[None] = loop.start(self._run())

    def wait(self, timeout_s: float) -> bool:
        """Wait for the speaker's end; returns whether it came in time."""
        try:
            self._task.result(timeout_s)
        except TimeoutError:
            return False
        return True

    @property
    def session_id(self) -> str:
        return self.history.session_id

    @property
    def done(self) -> bool:
        return self._task.done()

    def leave(self) -> None:
        """Go without waiting for the answers."""
        self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._converse()
        except WtaError as error:
            self.history.problem = f"{type(error).__name__}: {error}"

    async def _converse(self) -> None:
        session = SpeechSession(self._url, SAMPLE_RATE_HZ, interim=False, give_up_s=self._patience_s)
        await self._enter(session)
        try:
            async with aclosing(converse(session, self._audio)) as messages:
                async for message in messages:
                    self._note(message)
            self.history.finished = True
        finally:
            await session.__aexit__(None, None, None)

    async def _enter(self, session: SpeechSession) -> None:
        """Connect, and try again while the server is away or full, as a person would."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                await session.__aenter__()
                return
            except ServerAwayError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_RETRY_S)

    def _note(self, message: ServerMessage) -> None:
        h = self.history
        if event_id := getattr(message, "event_id", None):
            self.late_s.append(time.time() - int(event_id.partition("-")[0]) / 1000)
        match message:
            case Ready():
                h.session_id = message.session_id
                self.acked_samples = max(self.acked_samples, message.next_sample)
                self.connections += 1
            case Ack():
                self.acked_samples = message.sample
            case SpeechStarted():
                self._starts[message.utterance_id] = message.at
            case SpeechEnded(utterance_id=uid):
                h.acknowledged[uid] = Span(self._starts.get(uid, message.at), message.at)
            case Final(utterance_id=uid):
                h.finals.append((uid, Span(message.start, message.end)))
                if message.timings and message.timings.captured:
                    self.latency_s.append(time.time() - message.timings.captured)
            case Sentiment():
                h.sentiments.append(message.utterance_id)
            case NoSpeech():
                h.no_speech.append(message.utterance_id)
            case Error(code="sentiment_missing"):
                h.told_missing = True
            case Error(utterance_id=str(uid)):
                h.failures.append(uid)


def _blocks(pcm16: bytes) -> Iterator[bytes]:
    return (pcm16[i : i + _BLOCK_BYTES] for i in range(0, len(pcm16), _BLOCK_BYTES))
