"""Utterances that were given up: lists them with the reasons, and lets workers try them again."""

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
    """An utterance that was given up. Its text is left out: whoever looks after the machine need not read it."""

    utterance_id: str
    since_s: float
    """Unix time at which it was given up."""
    stage: Stage
    """The stage that failed. AUDIO: speech to text; TEXT: the sentiment."""
    reason: str | None
    """Why it was given up, in words."""
    audio_s: float
    """How long the utterance is, in seconds."""
    retryable: bool
    """False where it needs its audio and that is no longer kept."""


class RetryOutcome(StrEnum):
    """What came of the order to try an utterance again."""

    AUDIO = "audio"
    """The utterance waits for a speech worker."""
    TEXT = "text"
    """The utterance waits for a sentiment worker."""
    UNKNOWN = "unknown"
    """The utterance is not given up: somebody was first, it was dismissed or deleted, or its retention time is over."""
    NO_AUDIO = "no_audio"
    """The audio of the utterance is no longer kept, so that nothing can be tried."""


class DeadUtterances:
    """The list of utterances that were given up.

    Its methods block, may be called from several threads, and raise redis.RedisError where Redis is away.
    """

    def __init__(self, client: redis.Redis, scripts: Scripts, settings: Settings) -> None:
        self._redis = client
        self._scripts = scripts
        self._ttl_s = settings.unfinished_retention_s

    def count(self) -> int:
        """How many there are. Some of them may be forgotten already: they are removed when the next one is given up."""
        return self._redis.zcard(names.DEAD)

    def newest(self, limit: int) -> list[Dead]:
        """Up to `limit` of them, the newest first. Those that Redis has forgotten are removed from the list."""
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

    def retry(self, utterance_id: str) -> RetryOutcome:
        """Let workers try an utterance again, as often as a new one. The reconciler wakes one within about a second."""
        session_id = utterance_id.rpartition(":")[0]
        keys = [
            names.session_key(session_id), names.utterance_key(utterance_id), names.audio_key(utterance_id),
            names.DEAD, names.RESULTS_STREAM,
        ]  # fmt: skip
        args = [utterance_id, self._ttl_s, BYTES_PER_SAMPLE * SAMPLE_RATE_HZ]
        return RetryOutcome(self._scripts.retry(keys=keys, args=args).decode())

    def dismiss(self, utterance_id: str) -> bool:
        """Take an utterance off the list: it stays failed, and its audio is deleted. False where it was not there."""
        keys = [names.audio_key(utterance_id), names.DEAD]
        return bool(self._scripts.dismiss(keys=keys, args=[utterance_id]))


def _dead(utterance_id: str, since_s: float, row: dict[bytes, bytes], has_audio: bool) -> Dead:
    utterance = Utterance.from_hash(utterance_id, row)
    stage = Stage.AUDIO if utterance.text is None else Stage.TEXT
    return Dead(
        utterance_id, since_s, stage, utterance.reason, utterance.end_s - utterance.start_s,
        retryable=has_audio or stage is Stage.TEXT,
    )  # fmt: skip
