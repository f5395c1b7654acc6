"""Reads the results stream in Redis from a cursor on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import redis

from listener_service.stream_id import BEGINNING, StreamId
from wta import names
from wta.ledger import ensure_format
from wta.messages import Result

log = logging.getLogger(__name__)

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream."""

    stream_id: StreamId
    result: Result | None
    """None where the entry is no result: somebody has put something else there."""


class ResultStream:
    """Every method blocks, and raises redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, results_maxlen: int) -> None:
        self._redis = client
        self._maxlen = results_maxlen

    def read(self, after: StreamId, wait_ms: int) -> list[Entry]:
        """Return the entries after `after`, oldest first. Waits up to `wait_ms` for the first of them."""
        # XREAD BLOCK returns as soon as an entry is added, and unlike a subscription it cannot miss one: nothing
        # is to be gained from `result_channel` here. Redis keeps no state of this reader: the log has the cursor.
        answer: Any = self._redis.xread({names.RESULTS_STREAM: str(after)}, count=_BATCH, block=wait_ms)
        return [_entry(raw_id, fields) for _, entries in answer for raw_id, fields in entries]

    def tell_cursor(self, cursor: StreamId) -> None:
        """Say how far the log is, so that Redis keeps what is newer (wta/ledger/retention.py)."""
        if cursor != BEGINNING:
            self._redis.set(names.LISTENER_CURSOR, str(cursor))

    def check_format(self) -> None:
        """Raise LedgerFormatError where another version wrote what Redis holds."""
        ensure_format(self._redis)

    def warn_of_gaps(self, after: StreamId) -> None:
        """Log a warning where the stream ends before `after`, or where results after it were dropped for newer ones.

        What is dropped because of its age was waited for (wta/ledger/retention.py).
        """
        try:
            info = self._redis.xinfo_stream(names.RESULTS_STREAM)
        except redis.ResponseError:  # there is no stream yet
            return
        first, newest = info["first-entry"], StreamId.parse(info["last-generated-id"])
        if newest < after:
            log.warning("the stream ends at %s, before %s: only results newer than that are written", newest, after)
        elif first and info["length"] >= self._maxlen and StreamId.parse(first[0]) > after:
            log.warning("the stream begins at %s: results between %s and that are no longer kept", first[0], after)


def _entry(raw_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    stream_id = StreamId.parse(raw_id)
    try:
        return Entry(stream_id, Result.model_validate_json(fields[b"json"]))
    except (KeyError, ValueError):  # never with its content: that may be a transcript
        log.warning("entry %s of the stream is not a result; passed over", stream_id)
        return Entry(stream_id, None)
