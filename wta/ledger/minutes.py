"""What happened in each minute of the last hour, in one small Redis hash a minute, the same for all processes.

`advance.lua` counts each result once, in the step that commits it. The services add the errors that they met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import redis

from wta import names
from wta.messages import Label

KEPT_MINUTES = 60
_TTL_S = 2 * 60 * KEPT_MINUTES
_ERROR = "error:"


@dataclass(frozen=True)
class Minute:
    """The counts of one minute."""

    begins_s: int
    """Unix time (s) of the minute's first second."""
    done: int = 0
    failed: int = 0
    audio_s: float = 0.0
    """Seconds of speech in the results of this minute."""
    labels: Mapping[Label, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    """Code of an error → how often it came."""


class Minutes:
    """The counts of the last hour.

    Its methods block, may be called from several threads, and raise redis.RedisError where Redis is away.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def now_s(self) -> float:
        """Unix time (s) by Redis's own clock, so that all processes mean the same minute."""
        seconds, micros = self._redis.time()
        return seconds + micros / 1e6

    def add_errors(self, counts: Mapping[str, int]) -> None:
        """Add to the errors of this minute.

        Args:
            counts: code of an error → how many came since the last call. Codes are few and fixed, and never taken from
                what a user sent.
        """
        key = names.minute_key(int(self.now_s()) // 60)
        with self._redis.pipeline() as pipe:
            for code, count in counts.items():
                pipe.hincrby(key, _ERROR + code, count)
            pipe.expire(key, _TTL_S)
            pipe.execute()

    def last_hour(self, now_s: float) -> list[Minute]:
        """KEPT_MINUTES minutes up to the one of `now_s` (Unix time), the oldest first."""
        newest = int(now_s) // 60
        numbers = range(newest - KEPT_MINUTES + 1, newest + 1)
        with self._redis.pipeline(transaction=False) as pipe:
            for number in numbers:
                pipe.hgetall(names.minute_key(number))
            rows = pipe.execute()
        return [_minute(number * 60, row) for number, row in zip(numbers, rows, strict=True)]


def _minute(begins_s: int, raw: Mapping[bytes, bytes]) -> Minute:
    counts = {name.decode(): int(count) for name, count in raw.items()}
    return Minute(
        begins_s=begins_s,
        done=counts.get("done", 0),
        failed=counts.get("failed", 0),
        audio_s=counts.get("audio_ms", 0) / 1000,
        labels={label: counts[label] for label in Label if label in counts},
        errors={name.removeprefix(_ERROR): count for name, count in counts.items() if name.startswith(_ERROR)},
    )
