"""Slows a live session whose audio comes faster than speech, so that those who speak stand before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fastapi_service.concurrency import Threads
from fastapi_service.recording.recorder import Reply
from fastapi_service.recording.speech_clock import SpeechClock
from wta.ledger import Ledger, Session
from wta.messages import SpeechEnded

MAX_UNTRANSCRIBED = 4
"""Sentences of one fast session that may wait for their text."""
MAX_MEMORY_FRACTION = 0.85
"""Share of Redis's memory from which everybody waits until there is room: what was taken in goes through."""
_LOOK_EVERY_S = 0.25


class Pacing:
    """Waits while a session is too far ahead. Flow control then slows its sender, because nothing is acknowledged.

    Args:
        memory_fraction: returns the share of Redis's memory that is in use.
    """

    def __init__(
        self, ledger: Ledger, threads: Threads, session: Session, memory_fraction: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._threads = threads
        self._session_id = session.session_id
        self._memory_fraction = memory_fraction
        self._clock = SpeechClock(session)
        self._audio_s = session.acked_sample / session.sample_rate_hz
        self._cut = 0
        """Sentences cut since the ledger was asked."""

    async def wait(self, audio_s: float, replies: Sequence[Reply]) -> None:
        """Count `audio_s` seconds of audio and the sentences that were cut from it, and return when more may come.

        Raises redis.RedisError if Redis does not answer.
        """
        self._audio_s += audio_s
        self._cut += sum(isinstance(reply, SpeechEnded) for reply in replies)
        while self._memory_fraction() > MAX_MEMORY_FRACTION:  # noqa: ASYNC110 - Redis says it once a second
            await asyncio.sleep(_LOOK_EVERY_S)
        while self._cut >= MAX_UNTRANSCRIBED and self._clock.is_outrun(self._audio_s):
            self._cut = await self._threads.run(self._ledger.untranscribed, self._session_id)
            if self._cut < MAX_UNTRANSCRIBED:
                return
            await asyncio.sleep(_LOOK_EVERY_S)
