"""The recorder of a session: audio goes in, utterances are written to the ledger, replies for the speaker come out."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import SegmentEvent, SpeechBegan, SpeechPaused, UtteranceCut
from fastapi_service.audio.verdict import Verdict
from fastapi_service.recording.partial_requests import PartialRequests
from fastapi_service.recording.speech_clock import HEAD_START_S, SpeechClock
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.ledger import Ledger, Session
from wta.messages import Ack, SpeechEnded, SpeechStarted, Timings
from wta.names import utterance_id

_SILENCE_STEP_S = 2.0
"""Silence is acknowledged in steps of this length, because each acknowledgement is a durable write."""

_NO_HEAD_START_S = 1.0
"""A session that is further ahead of its clock sends a file: plain silence cuts it, always at the same spots."""

Reply = SpeechStarted | SpeechEnded | Ack
"""A message that the speaker gets at once, before any worker has seen the audio."""


class Recorder:
    """Cuts one session's audio into utterances, writes them to the ledger, and acknowledges the audio.

    Every method blocks: call one at a time, in a thread. Sample numbers are at the client's rate and count from the
    session's first sample.

    Every method may raise SessionFencedError if another connection has the session now, LedgerWentBackError if Redis
    has lost what was written before, and redis.RedisError if Redis does not answer. The client still has the audio that
    was not acknowledged by then.
    """

    def __init__(
        self,
        session: Session,
        pipeline: SpeechPipeline,
        ledger: Ledger,
        partials: PartialRequests,
    ) -> None:
        self._session = session
        self._pipeline = pipeline
        self._ledger = ledger
        self.partials = partials
        self._clock = SpeechClock(session)
        self._seq = session.next_seq
        self._received = session.acked_sample
        """How many samples of the session have been received."""
        self._acked = session.acked_sample
        """How many samples of the session have been acknowledged."""
        self._arrivals: deque[tuple[int, float]] = deque()
        """For each piece of audio: how many samples had been received with it, and the Unix time of its arrival."""
        self._failed = False
        """Whether a method has raised an error. Then the ledger may lack an utterance that was cut."""

    @property
    def open_utterance(self) -> str | None:
        """Id of the utterance that is being spoken, or None."""
        return self._utterance_id if self._pipeline.segmenter.is_open else None

    @property
    def is_awaiting_words(self) -> bool:
        """Whether the words so far shall tell if the utterance is over."""
        return self._pipeline.segmenter.is_awaiting

    def push(self, pcm16: bytes, arrived: float) -> list[Reply]:
        """Process audio, and return the replies that it causes.

        Args:
            pcm16: whole PCM16 samples, mono, at the client's rate.
            arrived: Unix time at which the last of them arrived.
        """
        self._received += len(pcm16) // BYTES_PER_SAMPLE
        self._arrivals.append((self._received, arrived))
        with self._noting_failure():
            messages = [*self._handle(self._judged()), *self._handle(self._pipeline.push(pcm16))]
            self._request_partial()
            step = round(_SILENCE_STEP_S * self._session.sample_rate_hz)
            return messages + self._acknowledge(self._keep_from(), step)

    def finalize(self) -> list[Reply]:
        """End the open utterance here, and return the replies."""
        with self._noting_failure():
            return list(self._handle(self._pipeline.finalize())) + self._acknowledge(self._keep_from())

    def discard(self) -> list[Reply]:
        """Forget the open utterance, as if nothing had been said in it, and return the replies.

        The next utterance gets its number.
        """
        with self._noting_failure():
            for event in self._pipeline.finalize():
                if isinstance(event, UtteranceCut):
                    self.partials.cut(self._utterance_id, None)
            return self._acknowledge(self._keep_from())

    def write_tail(self, rest: bytes) -> None:
        """Finish after the connection is gone.

        Nothing is written after an earlier failure: the utterance that failed would be acknowledged with the rest,
        and lost.

        Args:
            rest: audio that was received but not yet pushed: whole PCM16 samples at the client's rate.
        """
        if self._failed:
            return
        self.partials.stop()
        if rest:
            self.push(rest, time.time())
        self.finish()

    def finish(self) -> list[Reply]:
        """Write the open utterance and acknowledge all audio, because no more will come. Return the replies."""
        with self._noting_failure():
            return list(self._handle(self._pipeline.finish())) + self._acknowledge(self._received)

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        self._failed = True
        yield
        self._failed = False

    def _handle(self, events: Iterable[SegmentEvent]) -> Iterator[Reply]:
        for event in events:
            match event:
                case SpeechBegan():
                    at = self._seconds(event.at_sample)
                    yield SpeechStarted(utterance_id=self._utterance_id, seq=self._seq, at=at)
                case SpeechPaused() if self._is_live():
                    self.partials.request_early(self._utterance_id, event.pcm16)
                    if self.partials.decide_ends and self._is_live(_NO_HEAD_START_S):
                        self._pipeline.segmenter.await_verdict()
                case UtteranceCut():
                    yield from self._write(event)

    def _judged(self) -> list[SegmentEvent]:
        """Tell the segmenter what the early text says of the present pause, as soon as it is there."""
        segmenter = self._pipeline.segmenter
        if not segmenter.is_awaiting or (verdict := self.partials.verdict(self._utterance_id)) is Verdict.AWAITED:
            return []
        return segmenter.judge(verdict)

    def _write(self, cut: UtteranceCut) -> Iterator[Reply]:
        seq, acked = self._seq, self._client_sample(cut.end_sample)
        now = time.time()
        timings = Timings(captured=self._arrived(self._client_sample(cut.speech_end_sample)), cut=now, queued=now)
        start, end = self._seconds(cut.start_sample), self._seconds(cut.end_sample)
        # This comes first, because a worker may look for the early text as soon as the utterance is in the ledger.
        self.partials.cut(self._utterance_id, cut.paused_samples)
        uid = self._ledger.append(self._session, seq, cut.pcm16, start, end, acked, timings, uuid.uuid4().hex)
        self._seq += 1
        at = self._seconds(cut.speech_end_sample)
        yield SpeechEnded(utterance_id=uid, seq=seq, at=at, continues=cut.continues or None)
        yield self._acked_to(acked)

    def _acknowledge(self, sample: int, step: int = 1) -> list[Reply]:
        if sample - self._acked < step:
            return []
        self._ledger.acknowledge(self._session, sample, self._seq)
        return [self._acked_to(sample)]

    def _acked_to(self, sample: int) -> Ack:
        self._acked = sample
        while self._arrivals and self._arrivals[0][0] < sample:
            self._arrivals.popleft()
        return Ack(sample=sample)

    def _request_partial(self) -> None:
        segmenter = self._pipeline.segmenter
        if (uid := self.open_utterance) and self.partials.due(uid) and not segmenter.is_paused and self._is_live():
            self.partials.request(uid, segmenter.open_audio())

    def _is_live(self, head_start_s: float = HEAD_START_S) -> bool:
        """Whether somebody may be speaking. Texts that come before the final one are worth nothing to anybody else."""
        return not self._clock.is_outrun(self._received / self._session.sample_rate_hz, head_start_s)

    @property
    def _utterance_id(self) -> str:
        return utterance_id(self._session.session_id, self._seq)

    def _keep_from(self) -> int:
        return self._client_sample(self._pipeline.segmenter.keep_from)

    def _client_sample(self, sample: int) -> int:
        return min(self._received, self._session.acked_sample + self._pipeline.client_sample(sample))

    def _seconds(self, sample: int) -> float:
        return round(self._session.acked_sample / self._session.sample_rate_hz + sample / SAMPLE_RATE_HZ, 6)

    def _arrived(self, sample: int) -> float:
        return next((when for end, when in self._arrivals if end >= sample), time.time())
