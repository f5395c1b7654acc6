"""The project's messages → Deepgram's. Pure: no clock, no network.

Three things are different there. Results come in the order of speech, so one that is early waits. A sentence has its
sentiment in its result (where that is asked for), so the result waits for it. And `UtteranceEnd` is measured on the
audio, so the translator counts what was heard.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi_service.deepgram import messages
from fastapi_service.deepgram.messages import Alternative, Channel, ModelInfo, Mood, Results, UtteranceEnd
from fastapi_service.deepgram.query import ListenQuery
from fastapi_service.sessions.work_queue import Item
from wta import __version__
from wta.audio_format import BYTES_PER_SAMPLE
from wta.messages import Done, Error, Final, Finalize, NoSpeech, Partial, Sentiment, SpeechEnded, SpeechStarted
from wta.messages.base import Message
from wta.mood import value_of

_MOODS: dict[str, Mood] = {"POSITIVE": "positive", "NEGATIVE": "negative", "NEUTRAL": "neutral"}


@dataclass
class _Utterance:
    """One that has not been told yet."""

    started_s: float = 0.0
    ended: SpeechEnded | None = None
    final: Final | None = None
    sentiment: Sentiment | None = None
    over: bool = False
    """Nothing more will come of it."""
    failed: str | None = None
    from_finalize: bool = False
    silent: bool = False
    """The gap that makes an `UtteranceEnd` was heard after it."""

    def is_ready(self, sentiment: bool) -> bool:
        answered = self.final is not None and (self.sentiment is not None or not sentiment)
        return self.ended is not None and (answered or self.over)


class DeepgramAnswers:
    """Of one connection. Give every message to `of`, everything that was worked on to `took`; say what they return."""

    def __init__(self, query: ListenQuery, session_id: str, model: str | None) -> None:
        self._query = query
        self._id = session_id
        name = model or "unknown"
        info = ModelInfo(name=name, version=__version__, arch="whisper")
        self._metadata = messages.ResultsMetadata(
            request_id=session_id, model_info=info, model_uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        )
        self._waiting: dict[int, _Utterance] = {}
        self._next = 1
        """`seq` of the utterance that is told next."""
        self._bytes = 0
        self._hash = hashlib.sha256()
        self._continues = False
        self._gap_after: SpeechEnded | None = None
        """The newest end of speech after which nobody has spoken, until the gap is heard."""
        self._last_word_s: float | None = None
        """Of what was told since the last `UtteranceEnd`."""

    @property
    def _received_s(self) -> float:
        return self._bytes / BYTES_PER_SAMPLE / self._query.sample_rate

    def answers_to(self, message: Message) -> Iterator[Message]:
        """What a client of Deepgram's is told of it, if anything."""
        match message:
            case SpeechStarted():
                yield from self._started(message)
            case SpeechEnded():
                self._at(message.seq).ended = self._gap_after = message
                self._continues = bool(message.continues)
            case Partial() if message.seq == self._next and self._at(message.seq).ended is None:
                yield self._results(self._at(message.seq), Alternative(transcript=message.text), is_final=False)
            case Final():
                self._at(message.seq).final = message
            case Sentiment():
                self._at(message.seq).sentiment = message
            case NoSpeech():
                self._at(message.seq).over = True
            case Error() if message.seq is not None:
                self._at(message.seq).over, self._at(message.seq).failed = True, message.message
            case Error():
                yield messages.Failure(variant=message.code, description=message.message)
            case Done():
                yield self._end()
        yield from self._release_ready()

    def after(self, item: Item) -> Iterator[Message]:
        """What follows from having worked on so much audio, or on `Finalize`."""
        if isinstance(item, bytes):
            self._bytes += len(item)
            self._hash.update(item)
            self._listen_for_gap()
        elif isinstance(item, Finalize):
            waiting = [seq for seq, utterance in self._waiting.items() if utterance.ended]
            if not waiting:
                yield self._results(_Utterance(self._received_s), Alternative(transcript=""), from_finalize=True)
            else:
                self._waiting[max(waiting)].from_finalize = True
        yield from self._release_ready()

    def _at(self, seq: int) -> _Utterance:
        """A later message about an utterance that was told already changes nothing."""
        return self._waiting.setdefault(seq, _Utterance()) if seq >= self._next else _Utterance()

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
        # Told with the utterance, or by itself where that is told already.
        self._waiting.setdefault(after.seq, _Utterance(ended=after, over=True)).silent = True

    def _release_ready(self) -> Iterator[Message]:
        for seq in sorted(self._waiting):
            utterance = self._waiting[seq]
            if seq > self._next or not utterance.is_ready(self._query.sentiment):
                return
            del self._waiting[seq]
            self._next = max(self._next, seq + 1)
            yield from self._release(utterance)

    def _release(self, utterance: _Utterance) -> Iterator[Message]:
        final, ended = utterance.final, utterance.ended
        if final is not None or utterance.from_finalize or utterance.failed:
            alternative = self._alternative(final, utterance.sentiment) if final else Alternative(transcript="")
            yield self._results(utterance, alternative)
        if final is not None and ended is not None:
            self._last_word_s = final.words[-1].end if final.words else ended.at
        if utterance.silent and self._last_word_s is not None:
            yield UtteranceEnd(last_word_end=self._last_word_s)
            self._last_word_s = None

    def _results(
        self, utterance: _Utterance, alternative: Alternative, is_final: bool = True, from_finalize: bool = False
    ) -> Results:
        final, ended = utterance.final, utterance.ended
        start_s = final.start if final else utterance.started_s
        end_s = final.end if final else ended.at if ended else self._received_s
        paused = self._query.endpointing_enabled and not (ended and ended.continues)
        from_finalize = from_finalize or utterance.from_finalize
        return Results(
            start=start_s, duration=round(max(0.0, end_s - start_s), 6), is_final=is_final,
            speech_final=is_final and (paused or from_finalize), from_finalize=from_finalize,
            channel=Channel(alternatives=(alternative,)), metadata=self._metadata, error=utterance.failed,
        )  # fmt: skip

    @staticmethod
    def _alternative(final: Final, sentiment: Sentiment | None) -> Alternative:
        words = tuple(
            messages.Word(
                word=w.word.strip().strip(",.?!;:\"'").lower(), start=w.start, end=w.end, punctuated_word=w.word.strip()
            )
            for w in final.words or ()
        )
        label, score = (sentiment.label, sentiment.score) if sentiment else (None, None)
        return Alternative(
            transcript=final.text, words=words, languages=(final.language,) if final.language else None,
            sentiment=_MOODS[label] if label else None, sentiment_score=value_of(label, score),
        )  # fmt: skip

    def _end(self) -> Message:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return messages.Metadata(
            request_id=self._id, sha256=self._hash.hexdigest(), created=now, duration=round(self._received_s, 6)
        )
