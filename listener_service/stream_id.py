"""Ids of Redis streams. They order the results, and the log keeps one as its cursor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

_LAST_UNIX_MS = 253_402_300_799_000
"""9999-12-31T23:59:59Z."""


class StreamId(NamedTuple):
    """An id that compares as in Redis: first by time, then by the number within the millisecond."""

    unix_ms: int
    number: int

    @classmethod
    def parse(cls, text: str | bytes) -> StreamId:
        """Read `123-4`. Raises ValueError where it is not a stream id."""
        raw = text.decode("ascii") if isinstance(text, bytes) else text
        unix_ms, _, number = raw.partition("-")
        return cls(int(unix_ms), int(number))

    @property
    def time(self) -> datetime:
        """When Redis took the entry (UTC), at the latest in the year 9999: anybody can write any id into a stream."""
        return datetime.fromtimestamp(min(self.unix_ms, _LAST_UNIX_MS) / 1000, UTC)

    def __str__(self) -> str:
        return f"{self.unix_ms}-{self.number}"


BEGINNING = StreamId(0, 0)
"""Lies before every entry, so that the first start writes all that the stream still holds."""
