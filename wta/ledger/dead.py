"""Utterances that were given up: which, why, and how to try them again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import redis

from wta import names
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.ledger.records import Utterance
from wta.ledger.scripts import Scripts
from wta.names import Stage
from wta.settings import Settings


@dataclass(frozen=True)
class Dead:
    """One that was given up. It has no text here: who looks after the machine need not know what was said."""

    utterance_id: str
    since_s: float
    """Unix time at which it was given up."""
    stage: Stage
    """AUDIO: it could not be understood; TEXT: not analysed."""
    reason: str | None
    audio_s: float
    retryable: bool
    """False: its audio is no longer kept."""


class Retry(StrEnum):
    """The answer to a retry."""

    AUDIO = "audio"
    """It waits for a speech worker."""
    TEXT = "text"
    """It waits for a sentiment worker."""
    UNKNOWN = "unknown"
    """It is not given up: somebody was first, it was dismissed or deleted, or its retention time is over."""
    NO_AUDIO = "no_audio"
    """Nothing is left that could be heard."""


class DeadUtterances:
    """Blocking; safe to use from several threads. Every method may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, scripts: Scripts, settings: Settings) -> None:
        self._redis = client
        self._scripts = scripts
        self._ttl_s = settings.unfinished_retention_s

    def count(self) -> int:
        """How many there are, those included that have been forgotten since the last one came."""
        return self._redis.zcard(names.DEAD)

    def newest(self, limit: int) -> list[Dead]:
        """Up to `limit` of them, the newest first; what has been forgotten leaves the list."""
        found = self._redis.zrevrangebyscore(names.DEAD, "+inf", "-inf", start=0, num=limit, withscores=True)
        entries = [(uid.decode(), since_s) for uid, since_s in cast("list[tuple[bytes, float]]", found)]
        with self._redis.pipeline(transaction=False) as pipe:
            for uid, _ in entries:
                pipe.hgetall(names.utterance_key(uid))
                pipe.exists(names.audio_key(uid))
            answers = pipe.execute()
        known = zip(entries, answers[::2], answers[1::2], strict=True)
        dead = [_dead(uid, since_s, row, bool(audio)) for (uid, since_s), row, audio in known if row]
        if gone := [uid for (uid, _), row in zip(entries, answers[::2], strict=True) if not row]:
            self._redis.zrem(names.DEAD, *gone)
        return dead

    def retry(self, utterance_id: str) -> Retry:
        """Let workers try it again, as often as a new one; the reconciler queues it within about a second."""
        keys = [
            names.utterance_key(utterance_id), names.audio_key(utterance_id), names.PENDING, names.WAITING, names.DEAD,
            names.RESULTS_STREAM,
        ]  # fmt: skip
        args = [utterance_id, self._ttl_s, BYTES_PER_SAMPLE * SAMPLE_RATE_HZ]
        return Retry(self._scripts.retry(keys=keys, args=args).decode())

    def dismiss(self, utterance_id: str) -> bool:
        """Let it rest: its audio goes, it stays failed. False: it is not among them (any more)."""
        keys = [names.audio_key(utterance_id), names.DEAD]
        return bool(self._scripts.dismiss(keys=keys, args=[utterance_id]))


def _dead(utterance_id: str, since_s: float, row: dict[bytes, bytes], has_audio: bool) -> Dead:
    utterance = Utterance.from_hash(utterance_id, row)
    stage = Stage.AUDIO if utterance.text is None else Stage.TEXT
    return Dead(
        utterance_id, since_s, stage, utterance.reason, utterance.end_s - utterance.start_s,
        retryable=has_audio or stage is Stage.TEXT,
    )  # fmt: skip
