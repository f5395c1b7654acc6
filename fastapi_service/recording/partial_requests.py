"""Requests for the words so far of an open utterance. There is one request at a time, never a queue of them."""

from __future__ import annotations

import logging
import time

import redis

from fastapi_service.audio.verdict import Verdict
from wta.audio_format import BYTES_PER_SAMPLE
from wta.live_audio import LiveAudio, Snapshot
from wta.messages import AS_THE_SERVER, Options
from wta.metrics import WebMetrics
from wta.names import EARLY_QUEUE, PARTIAL_QUEUE
from wta.settings import Settings

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 2.0
"""How long a request may stay unanswered before the next one is sent."""
_FIRST_WORDS_S = 0.25
"""Time from the detection of speech to the first request. Whisper gets the first word right nine times in ten from
0.4 s of speech, and eight times in ten from 0.3 s (docs/performance.md)."""


class PartialRequests:
    """Requests partial texts for one connection, and early texts that may become final.

    A lost partial does no harm, so no method raises redis.RedisError. `uid` is an utterance id; audio is PCM16, 16 kHz
    mono.
    """

    def __init__(
        self,
        live: LiveAudio,
        settings: Settings,
        interim: bool,
        options: Options = AS_THE_SERVER,
        metrics: WebMetrics | None = None,
        early: bool = True,
    ) -> None:
        """Make the requests of one connection.

        Args:
            interim: whether the client wants partials.
            options: what the session asked for.
            metrics: measures how old the live text is.
            early: whether early texts are wanted.
        """
        self._metrics = metrics
        self._live = live
        self._interval_s = settings.partial_interval_ms / 1000
        # Times of words need another way of decoding.
        self._eager = early and settings.eager_final and not options.words
        self.decide_ends = self._eager and settings.endpoint_by == "words" and options.endpoint_ms is None
        """Whether the early text tells if a sentence is over."""
        self._paused_samples = 0
        """Length of the audio whose early text was asked for last."""
        self._interim = interim
        self._options = options
        self._utterance_id: str | None = None
        self._requested_at = 0.0
        """When the last request was sent, by the monotonic clock; before the first one, when the utterance began."""
        self._asked_at: float | None = None
        """When the first request since the newest words was sent, by the monotonic clock; None: none are missing."""
        self._answered = True
        """Whether the last request has been answered."""
        self._first = True
        """Whether no words of this utterance have been shown yet."""
        self._sent_bytes = 0
        """How much of the utterance's audio is in Redis already."""

    def due(self, uid: str) -> bool:
        """Return whether the interval since the utterance's beginning or its last request is over."""
        now = time.monotonic()
        if uid != self._utterance_id:
            self._begin(uid, now)
        wait_s = min(_FIRST_WORDS_S, self._interval_s) if self._first else self._interval_s
        if not self._answered:
            wait_s = max(_ANSWER_WITHIN_S, self._interval_s)
        return self._interim and now - self._requested_at >= wait_s

    def request(self, uid: str, pcm16: bytes) -> None:
        """Request the words of the utterance so far. Blocking.

        An utterance's first words have a queue of their own, which workers serve before the later words of others.
        """
        if not self._answered:
            self._sent_bytes = 0  # some of the audio in Redis may have been lost
        self._send(uid, Snapshot(pcm16, self._options), EARLY_QUEUE if self._first else PARTIAL_QUEUE)

    def request_early(self, uid: str, pcm16: bytes) -> None:
        """Request the text of an utterance whose speaker has fallen silent: it may become the final text. Blocking."""
        if self._eager:
            self._paused_samples = len(pcm16) // BYTES_PER_SAMPLE
            self._send(uid, Snapshot(pcm16, self._options, early=True, shown=self._interim), EARLY_QUEUE)

    def verdict(self, uid: str) -> Verdict:
        """What the early text that was asked for last says: whether its sentence is over. Blocking."""
        try:
            early = self._live.text_at_pause(uid, self._paused_samples)
        except redis.RedisError as error:
            log.info("an early text cannot be read utterance=%s: %s", uid, error)
            return Verdict.UNASKED
        if early is None:
            return Verdict.AWAITED
        return {None: Verdict.UNASKED, True: Verdict.FINISHED, False: Verdict.UNFINISHED}[early.finished]

    def answered(self, uid: str, text: str) -> None:
        """Note the answer to the last request. An empty `text` means that the first words are still missing."""
        if uid == self._utterance_id:
            self._answered, self._first = True, self._first and not text
            if text and self._asked_at is not None:
                if self._metrics:
                    self._metrics.live_text.observe(time.monotonic() - self._asked_at)
                self._asked_at = None

    def stop(self) -> None:
        """Stop asking for partials: the speaker is gone."""
        self._interim = False

    def cut(self, uid: str, paused_samples: int | None) -> None:
        """Discard the audio of an utterance that has been cut. Blocking.

        Args:
            paused_samples: length of the audio, in samples, whose early text is still right because nothing was said
                after it; None if there is no such audio.
        """
        if uid != self._utterance_id:
            return
        self._utterance_id = None
        if self._asked_at is not None and self._metrics:
            self._metrics.live_unanswered.inc()
        try:
            self._live.discard(uid, paused_samples if self._eager else None)
        except redis.RedisError as error:
            log.info("a snapshot was not discarded utterance=%s: %s", uid, error)

    def _begin(self, uid: str, now: float) -> None:
        self._utterance_id, self._requested_at, self._answered, self._first, self._sent_bytes = uid, now, True, True, 0
        self._asked_at = None

    def _send(self, uid: str, snapshot: Snapshot, queue: str) -> None:
        if uid != self._utterance_id:
            self._begin(uid, 0.0)
        self._requested_at, self._answered = time.monotonic(), False
        if snapshot.shown and self._asked_at is None:
            self._asked_at = self._requested_at
        try:
            self._live.put_snapshot(uid, snapshot, self._sent_bytes, queue)
            self._sent_bytes = len(snapshot.pcm16)
        except redis.RedisError as error:
            self._sent_bytes = 0
            log.info("a partial was not requested utterance=%s: %s", uid, error)
