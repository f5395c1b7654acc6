"""How far the system is behind, in seconds of delay: what a newcomer's sentence would wait, or the oldest one waits."""

from __future__ import annotations

import redis

from wta.health import presence
from wta.ledger import Ledger
from wta.names import WorkerKind

_RATE_UNKNOWN = 1.0
"""Seconds of work per second of audio where no worker has said: nobody is slower and of use."""
_TEXT_RATE_UNKNOWN = 0.02
"""Seconds of work per text, likewise; docs/sentiment.md has the measured ones."""


def delay_s(client: redis.Redis, ledger: Ledger) -> float:
    """Seconds from the end of a sentence to its text, beyond the work on itself. Raises redis.RedisError.

    The larger of two: what waits, times the workers' measured rate, over the workers that live; and how long the oldest
    has waited already. Without a sentiment worker texts count for little: they do not keep speech from being written.
    """
    backlog = ledger.backlog()
    speech, sentiment = (presence.rates(client, kind) for kind in (WorkerKind.STT, WorkerKind.ANALYZER))
    ahead_s = backlog.audio_s * _per_worker(speech, _RATE_UNKNOWN)
    texts_s = backlog.texts * _per_worker(sentiment, _TEXT_RATE_UNKNOWN)
    return max(ahead_s, texts_s, backlog.oldest_audio_s, backlog.oldest_text_s if sentiment else 0.0)


def _per_worker(rates: list[float | None], unknown: float) -> float:
    known = [rate for rate in rates if rate is not None]
    return (sum(known) / len(known) if known else unknown) / max(1, len(rates))
