"""Asks for the words so far of an utterance that is still being spoken: one question at a time, never a queue."""

from __future__ import annotations

import logging
import time

import redis
from kombu.exceptions import OperationalError

from wta.broker import Dispatcher
from wta.live import LiveAudio
from wta.settings import Settings

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 2.0


class PartialRequests:
    """Of one connection. Losing a partial costs nothing, so nothing here fails."""

    def __init__(self, live: LiveAudio, dispatcher: Dispatcher, settings: Settings, wanted: bool) -> None:
        self._live = live
        self._dispatcher = dispatcher
        self._interval_s = settings.partial_interval_ms / 1000
        self._wanted = wanted
        self._utterance_id: str | None = None
        self._asked = 0.0
        self._answered = True

    def due(self, uid: str) -> bool:
        """Whether it is time to ask: the interval from the utterance's start or the last question is over."""
        now = time.monotonic()
        if uid != self._utterance_id:
            self._utterance_id, self._asked, self._answered = uid, now, True
        wait_s = self._interval_s if self._answered else max(_ANSWER_WITHIN_S, self._interval_s)
        return self._wanted and now - self._asked >= wait_s

    def request(self, uid: str, pcm16: bytes) -> None:
        """Blocking. `pcm16` is the utterance so far, 16 kHz mono."""
        self._asked, self._answered = time.monotonic(), False
        try:
            self._live.put(uid, pcm16)
            self._dispatcher.partial(uid)
        except (OperationalError, redis.RedisError, OSError) as error:
            log.info("no partial utterance=%s: %s", uid, error)

    def answered(self) -> None:
        self._answered = True

    def stop(self) -> None:
        """Nobody looks any more."""
        self._wanted = False

    def cut(self, uid: str) -> None:
        """Blocking. The utterance is over: what was asked about it is stale."""
        if uid != self._utterance_id:
            return
        self._utterance_id = None
        try:
            self._live.drop(uid)
        except redis.RedisError as error:
            log.info("snapshot not dropped utterance=%s: %s", uid, error)
