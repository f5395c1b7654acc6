"""Forgets results that are older than `retention_s`, as soon as everybody who must not miss one has them."""

from __future__ import annotations

from typing import cast

import redis

from wta import names
from wta.settings import Settings

_Id = tuple[int, int]
"""The id of a stream's entry: Unix time (ms), and a number among those of that time."""


class ResultsRetention:
    """Trims the stream of results by time. `results_maxlen` bounds it by count as well (lua/advance.lua).

    The listener and the webhooks are waited for, but for `unfinished_retention_s` at most: whoever reads nothing for
    that long gets only what is newer. Methods block, and raise redis.RedisError where Redis is away.
    """

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._retention_ms = settings.retention_s * 1000
        self._wait_ms = max(settings.retention_s, settings.unfinished_retention_s) * 1000

    def trim(self) -> int:
        """Forget what is too old. Returns how many results went. Running it in several processes does no harm."""
        now_ms = self._now_ms()
        longest = (now_ms - self._wait_ms, 0)
        self._drop_abandoned_webhooks(longest)
        waited_for = [self._unwritten(), *self._untold()]
        oldest = max(longest, min((now_ms - self._retention_ms, 0), *waited_for))
        return int(self._redis.xtrim(names.RESULTS_STREAM, minid="{}-{}".format(*oldest), approximate=False))

    def _now_ms(self) -> int:
        seconds, microseconds = self._redis.time()
        return seconds * 1000 + microseconds // 1000

    def _unwritten(self) -> _Id:
        """The first id that the listener may still have to write; the first of all where none has ever run."""
        cursor = cast("bytes | None", self._redis.get(names.LISTENER_CURSOR))
        return _after(_parse(cursor)) if cursor else (0, 0)

    def _untold(self) -> list[_Id]:
        """The first id for which no delivery is owed yet, and those of owed ones; nothing without webhooks."""
        cursor = cast("bytes | None", self._redis.get(names.WEBHOOK_CURSOR))
        return [*([_after(_parse(cursor))] if cursor else []), *map(_entry_of, self._owed())]

    def _drop_abandoned_webhooks(self, longest: _Id) -> None:
        """Owe nothing of results from before `longest`. Where none of them was even looked at, webhooks are not in use.

        A webhook worker that is started again then begins with new results, as at its first start.
        """
        if gone := [delivery for delivery in self._owed() if _entry_of(delivery) < longest]:
            self._redis.zrem(names.WEBHOOKS_PENDING, *gone)
        cursor = cast("bytes | None", self._redis.get(names.WEBHOOK_CURSOR))
        if not cursor or _parse(cursor) >= longest:
            return
        newer = self._redis.xrange(names.RESULTS_STREAM, min=f"({cursor.decode()}", count=1)
        if newer and _parse(cast("list[tuple[bytes, object]]", newer)[0][0]) < longest:
            self._redis.delete(names.WEBHOOK_CURSOR)

    def _owed(self) -> list[bytes]:
        return [delivery for delivery, _ in self._redis.zscan_iter(names.WEBHOOKS_PENDING, count=1000)]


def _parse(entry_id: bytes) -> _Id:
    ms, _, number = entry_id.partition(b"-")
    return int(ms), int(number or 0)


def _after(entry_id: _Id) -> _Id:
    return entry_id[0], entry_id[1] + 1


def _entry_of(delivery: bytes) -> _Id:
    """The result that a delivery (`endpoint:entry`) is of."""
    return _parse(delivery.rpartition(b":")[2])
