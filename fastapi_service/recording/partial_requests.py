"""Asks for the words so far of an utterance that is still being spoken: one question at a time, never a queue."""

from __future__ import annotations

import logging
import time

import redis

from wta.live_audio import LiveAudio, Snapshot
from wta.messages import AS_THE_SERVER, Options
from wta.names import EARLY_QUEUE, PARTIAL_QUEUE
from wta.settings import Settings

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 2.0
_FIRST_WORDS_S = 0.25
"""From the notice of speech to the first question: of 0.4 s of speech Whisper gets the first word right nine times
in ten, of 0.3 s eight times (docs/performance.md)."""


class PartialRequests:
    """Of one connection. Losing a partial costs nothing, so nothing here fails."""

    def __init__(
        self,
        live: LiveAudio,
        settings: Settings,
        interim: bool,
        options: Options = AS_THE_SERVER,
    ) -> None:
        self._live = live
        self._interval_s = settings.partial_interval_ms / 1000
        self._eager = settings.eager_final and not options.words  # which need another way of decoding
        self._interim = interim
        self._options = options
        self._utterance_id: str | None = None
        self._requested_at = 0.0
        self._answered = True
        self._first = True
        """No words of this utterance have been shown yet."""
        self._sent_bytes = 0

    def due(self, uid: str) -> bool:
        """Whether it is time to ask: the interval from the utterance's start or the last question is over."""
        now = time.monotonic()
        if uid != self._utterance_id:
            self._begin(uid, now)
        wait_s = min(_FIRST_WORDS_S, self._interval_s) if self._first else self._interval_s
        if not self._answered:
            wait_s = max(_ANSWER_WITHIN_S, self._interval_s)
        return self._interim and now - self._requested_at >= wait_s

    def request(self, uid: str, pcm16: bytes) -> None:
        """Blocking. `pcm16` is the utterance so far, 16 kHz mono. First words go before everybody's later ones."""
        if not self._answered:
            self._sent_bytes = 0  # some of it may have been lost
        self._send(uid, Snapshot(pcm16, self._options), EARLY_QUEUE if self._first else PARTIAL_QUEUE)

    def request_early(self, uid: str, pcm16: bytes) -> None:
        """Blocking. The speaker has fallen silent; the text of the utterance so far may be its final one."""
        if self._eager:
            self._send(uid, Snapshot(pcm16, self._options, early=True, shown=self._interim), EARLY_QUEUE)

    def answered(self, uid: str, text: str) -> None:
        """What was asked for came; without words the utterance's first ones are still to be found, soon."""
        if uid == self._utterance_id:
            self._answered, self._first = True, self._first and not text

    def stop(self) -> None:
        """Nobody looks any more."""
        self._interim = False

    def cut(self, uid: str, paused_samples: int | None) -> None:
        """Blocking. The utterance is over, and since the pause of that length nothing was said."""
        if uid != self._utterance_id:
            return
        self._utterance_id = None
        try:
            self._live.discard(uid, paused_samples if self._eager else None)
        except redis.RedisError as error:
            log.info("snapshot not dropped utterance=%s: %s", uid, error)

    def _begin(self, uid: str, now: float) -> None:
        self._utterance_id, self._requested_at, self._answered, self._first, self._sent_bytes = uid, now, True, True, 0

    def _send(self, uid: str, snapshot: Snapshot, queue: str) -> None:
        if uid != self._utterance_id:
            self._begin(uid, 0.0)
        self._requested_at, self._answered = time.monotonic(), False
        try:
            self._live.put_snapshot(uid, snapshot, self._sent_bytes, queue)
            self._sent_bytes = len(snapshot.pcm16)
        except redis.RedisError as error:
            self._sent_bytes = 0
            log.info("no partial utterance=%s: %s", uid, error)
