"""Translates the project's server messages into events of OpenAI's Realtime API. It uses no network.

An item is what was said between two commits. With turn detection the server commits where the speaker pauses. Without
it, an item may have many utterances, because speech is cut at pauses all the same; their texts are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fastapi_service.realtime.event_error import EventError
from fastapi_service.realtime.item import Item, Utterance
from fastapi_service.realtime.server_events import (
    BufferEvent,
    Completed,
    Delta,
    ErrorDetail,
    Failed,
    ItemEvent,
    Problem,
    SentimentHeard,
    ServerEvent,
    Usage,
)
from fastapi_service.realtime.session_config import LOGPROBS, SessionConfig
from fastapi_service.sessions import work_queue
from fastapi_service.sessions.work_queue import Discard
from wta.audio_format import BYTES_PER_SAMPLE
from wta.messages import Error, Final, Finalize, NoSpeech, Partial, Sentiment, SpeechEnded, SpeechStarted
from wta.messages.base import Message

_LEAST_S = 0.1
"""What an item must have of audio, as with OpenAI."""
_BUFFER = "input_audio_buffer"


class RealtimeAnswers:
    """Decides what a client of OpenAI's Realtime API is sent.

    Pass every message of the session to `answers_to`, and every item that was worked on to `after`. Send what they
    yield.
    """

    def __init__(self, config: Callable[[], SessionConfig]) -> None:
        """Begin a session.

        Args:
            config: returns what the client wants at the moment.
        """
        self._config = config
        self._open: Item | None = None
        """The item that is not committed yet, if something was said since the last commit."""
        self._items: dict[int, Item] = {}
        """The item of each utterance, by `seq`, until nothing more can come about the utterance."""
        self._previous: str | None = None
        """Id of the newest committed item."""
        self._bytes = 0
        """Audio that is in no committed item."""
        self._just_committed = False
        """Whether turn detection has committed since the last item of work."""

    @property
    def _detects_turns(self) -> bool:
        return self._config().audio.input.turn_detection is not None

    def answers_to(self, message: Message) -> Iterator[ServerEvent]:
        """Yield the events that follow from a message of the session."""
        match message:
            case SpeechStarted():
                yield from self._started(message)
            case SpeechEnded() if self._detects_turns and not message.continues:
                yield from self._stopped(message)
            case Partial() if self._is_open(message.seq):
                utterance = self._items[message.seq].utterances[message.seq]
                utterance.stable = message.text[: message.stable_chars].rstrip()
                yield from self._progress(message.seq)
            case Final() | NoSpeech():
                yield from self._settled(message.seq, message if isinstance(message, Final) else None)
            case Sentiment():
                yield from self._felt(message)
            case Error() if message.seq is not None:
                yield from self._settled(message.seq, failed=message.message)
            case Error():
                kind = "server_error" if message.retryable else "invalid_request_error"
                yield Problem(error=ErrorDetail(type=kind, code=message.code, message=message.message))

    def after(self, item: work_queue.Item) -> Iterator[ServerEvent]:
        """Yield the events that follow from audio that was worked on, or from an order."""
        just_committed, self._just_committed = self._just_committed, False
        match item:
            case bytes():
                self._bytes += len(item)
            case Finalize() if not just_committed:
                yield from self._commit_asked()
            case Discard():
                self._forget()
                yield BufferEvent(type=f"{_BUFFER}.cleared")

    def _started(self, message: SpeechStarted) -> Iterator[ServerEvent]:
        new = self._open is None
        self._open = self._open or Item()
        self._open.utterances[message.seq] = Utterance()
        self._items[message.seq] = self._open
        if new and self._detects_turns:
            at_ms = round(message.at * 1000)
            yield BufferEvent(type=f"{_BUFFER}.speech_started", item_id=self._open.id, audio_start_ms=at_ms)

    def _stopped(self, message: SpeechEnded) -> Iterator[ServerEvent]:
        if self._open is None:
            return
        at_ms = round(message.at * 1000)
        yield BufferEvent(type=f"{_BUFFER}.speech_stopped", item_id=self._open.id, audio_end_ms=at_ms)
        yield from self._commit(self._open)
        self._just_committed = True

    def _commit_asked(self) -> Iterator[ServerEvent]:
        if self._open is None and self._bytes < _LEAST_S * self._config().start().sample_rate * BYTES_PER_SAMPLE:
            error = EventError(
                "There is too little audio for an item: 100 ms are the least.", f"{_BUFFER}_commit_empty"
            )
            yield Problem.of(error)
            return
        yield from self._commit(self._open or Item())

    def _commit(self, item: Item) -> Iterator[ServerEvent]:
        previous, self._previous = self._previous, item.id
        self._open, self._bytes, item.committed = None, 0, True
        yield BufferEvent(type=f"{_BUFFER}.committed", item_id=item.id, previous_item_id=previous)
        yield ItemEvent.of("added", item.id, previous)
        yield ItemEvent.of("done", item.id, previous)
        yield from self._finish(item)

    def _forget(self) -> None:
        for seq in self._open.utterances if self._open else ():
            self._items.pop(seq, None)
        self._open, self._bytes = None, 0

    def _is_open(self, seq: int) -> bool:
        return seq in self._items and not self._items[seq].utterances[seq].over

    def _settled(self, seq: int, final: Final | None = None, failed: str | None = None) -> Iterator[ServerEvent]:
        if not self._is_open(seq):
            return
        utterance = self._items[seq].utterances[seq]
        utterance.final, utterance.failed, utterance.over = final, failed, True
        yield from self._progress(seq)
        yield from self._finish(self._items[seq])
        if final is None:
            self._items.pop(seq)

    def _progress(self, seq: int) -> Iterator[ServerEvent]:
        item = self._items[seq]
        if news := item.news():
            yield Delta(item_id=item.id, delta=news)

    def _finish(self, item: Item) -> Iterator[ServerEvent]:
        if item.completed or not item.is_settled:
            return
        item.completed = True
        if item.failure:
            detail = ErrorDetail(type="server_error", code="transcription_failed", message=item.failure)
            yield Failed(item_id=item.id, error=detail)
            return
        wanted = LOGPROBS in (self._config().include or ())
        yield Completed(
            item_id=item.id, transcript=item.transcript, usage=Usage(seconds=round(item.audio_s, 3)),
            logprobs=item.logprobs if wanted else None,
        )  # fmt: skip

    def _felt(self, message: Sentiment) -> Iterator[ServerEvent]:
        item = self._items.pop(message.seq, None)
        final = item.utterances[message.seq].final if item else None
        if item is None or final is None or message.label is None or message.score is None:
            return
        yield SentimentHeard(
            item_id=item.id, transcript=final.text, label=message.label, score=message.score,
            audio_start_ms=round(final.start * 1000), audio_end_ms=round(final.end * 1000),
        )  # fmt: skip
