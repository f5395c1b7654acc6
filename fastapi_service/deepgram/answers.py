"""Translates the project's server messages into Deepgram's. It uses no network.

Deepgram's protocol differs in three ways. Results come in the order of speech, so an early one has to wait. A result
holds its sentence's sentiment, if the client wants that, so the result waits for it. And `UtteranceEnd` depends on the
time in the audio, so the received audio is counted.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from fastapi_service.deepgram import messages
from fastapi_service.deepgram.messages import Alternative, Channel, ModelInfo, Results, UtteranceEnd
from fastapi_service.deepgram.pending_utterance import PendingUtterance
from fastapi_service.deepgram.query import ListenQuery
from fastapi_service.sessions.work_queue import Item
from wta import __version__
from wta.audio_format import BYTES_PER_SAMPLE
from wta.messages import Done, Error, Final, Finalize, NoSpeech, Partial, Sentiment, SpeechEnded, SpeechStarted
from wta.messages.base import Message


class DeepgramAnswers:
    """Decides what one client of Deepgram's protocol is sent.

    Pass every message of the session to `answers_to`, and every item that was worked on to `after`. Send what they
    yield.
    """

    def __init__(
        self,
        query: ListenQuery,
        session_id: str,
        model: str | None,
        sentiment_away: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin a session.

        Args:
            query: what the client has asked for.
            model: name of the server's speech model, or None if it is not known.
            sentiment_away: returns whether there is no sentiment worker, so that results must not wait for one.
        """
        self._query = query
        self._sentiment_away = sentiment_away
        self._sentiment_over = False
        """Whether the server has said that no more sentiments come."""
        self._id = session_id
        name = model or "unknown"
        info = ModelInfo(name=name, version=__version__, arch="whisper")
        self._metadata = messages.ResultsMetadata(
            request_id=session_id, model_info=info, model_uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        )
        self._pending: dict[int, PendingUtterance] = {}
        self._next = 1
        """`seq` of the utterance whose result is sent next."""
        self._bytes = 0
        self._hash = hashlib.sha256()
        self._continues = False
        """Whether the newest utterance was cut for its length, so that the next one is no new start of speech."""
        self._gap_after: SpeechEnded | None = None
        """The newest end of speech after which nobody has spoken, until the gap after it has been heard."""
        self._last_word_s: float | None = None
        """End of the last word in the results since the last `UtteranceEnd`; None if there was none."""

    @property
    def _waits_for_sentiment(self) -> bool:
        return self._query.sentiment and not self._sentiment_over and not self._sentiment_away()

    @property
    def _received_s(self) -> float:
        return self._bytes / BYTES_PER_SAMPLE / self._query.sample_rate

    def answers_to(self, message: Message) -> Iterator[Message]:
        """Yield Deepgram's messages that follow from a message of the session."""
        match message:
            case SpeechStarted():
                yield from self._started(message)
            case SpeechEnded():
                self._at(message.seq).ended = self._gap_after = message
                self._continues = bool(message.continues)
            case Partial() if message.seq == self._next and self._at(message.seq).ended is None:
                yield self._results(self._at(message.seq), interim=message.text)
            case Final():
                self._at(message.seq).final = message
            case Sentiment():
                self._at(message.seq).sentiment = message
            case NoSpeech():
                self._at(message.seq).over = True
            case Error(code="sentiment_missing"):
                self._sentiment_over = True
            case Error() if message.seq is not None:
                self._at(message.seq).over, self._at(message.seq).failed = True, message.message
            case Error():
                yield messages.Failure(variant=message.code, description=message.message)
            case Done():
                yield self._end()
        yield from self._release_ready()

    def after(self, item: Item) -> Iterator[Message]:
        """Yield Deepgram's messages that follow from audio that was worked on, or from `Finalize`."""
        if isinstance(item, bytes):
            self._bytes += len(item)
            self._hash.update(item)
            self._listen_for_gap()
        elif isinstance(item, Finalize):
            ended = [seq for seq, utterance in self._pending.items() if utterance.ended]
            if not ended:
                yield self._results(PendingUtterance(self._received_s), from_finalize=True)
            else:
                self._pending[max(ended)].finalizes += 1
        yield from self._release_ready()

    def _at(self, seq: int) -> PendingUtterance:
        """Return the pending utterance. If its result was sent already, later messages about it change nothing."""
        return self._pending.setdefault(seq, PendingUtterance()) if seq >= self._next else PendingUtterance()

    def _started(self, message: SpeechStarted) -> Iterator[Message]:
        self._at(message.seq).started_s = message.at
        self._gap_after = None
        if self._query.vad_events and not self._continues:
            yield messages.SpeechStarted(timestamp=message.at)
        self._continues = False

    def _listen_for_gap(self) -> None:
        after, gap_ms = self._gap_after, self._query.utterance_end_ms
        if after is None or gap_ms is None or self._received_s < after.at + gap_ms / 1000:
            return
        self._gap_after = None
        # `UtteranceEnd` follows the utterance's result. If that was sent already, it is sent by itself.
        self._pending.setdefault(after.seq, PendingUtterance(ended=after, over=True)).silent = True

    def _release_ready(self) -> Iterator[Message]:
        for seq in sorted(self._pending):
            utterance = self._pending[seq]
            if seq > self._next or not utterance.is_ready(self._waits_for_sentiment):
                return
            del self._pending[seq]
            self._next = max(self._next, seq + 1)
            yield from self._release(utterance)

    def _release(self, utterance: PendingUtterance) -> Iterator[Message]:
        final, ended = utterance.final, utterance.ended
        if final is not None or utterance.finalizes or utterance.failed:
            yield self._results(utterance)
        for _ in range(1, utterance.finalizes):  # each `Finalize` has an answer of its own
            yield self._results(PendingUtterance(self._received_s), from_finalize=True)
        if final is not None and ended is not None:
            self._last_word_s = final.words[-1].end if final.words else ended.at
        if utterance.silent and self._last_word_s is not None:
            yield UtteranceEnd(last_word_end=self._last_word_s)
            self._last_word_s = None

    def _results(self, utterance: PendingUtterance, interim: str | None = None, from_finalize: bool = False) -> Results:
        """Return the settled result of an utterance, or an interim result with the text `interim`."""
        start_s, end_s = utterance.span_s(self._received_s)
        is_final = interim is None
        paused = self._query.endpointing_enabled and not (utterance.ended and utterance.ended.continues)
        from_finalize = from_finalize or utterance.finalizes > 0
        alternative = utterance.alternative if interim is None else Alternative(transcript=interim)
        return Results(
            start=start_s, duration=round(max(0.0, end_s - start_s), 6), is_final=is_final,
            speech_final=is_final and (paused or from_finalize), from_finalize=from_finalize,
            channel=Channel(alternatives=(alternative,)), metadata=self._metadata, error=utterance.failed,
        )  # fmt: skip

    def _end(self) -> Message:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return messages.Metadata(
            request_id=self._id, sha256=self._hash.hexdigest(), created=now, duration=round(self._received_s, 6)
        )
