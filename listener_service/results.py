"""Reading the results stream from a cursor."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import redis

from listener_service.stream_id import StreamId
from wta import names
from wta.ledger import ensure_format
from wta.messages import Result

log = logging.getLogger(__name__)

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream; `result` is None where somebody put something else there."""

    stream_id: StreamId
    result: Result | None


class ResultStream:
    """Blocking reader. Every method raises redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def read(self, after: StreamId, wait_ms: int) -> list[Entry]:
        """Entries after `after`, oldest first; waits up to `wait_ms` for the first of them."""
        # XREAD BLOCK returns as soon as an entry is added, and unlike a subscription it cannot miss one: nothing
        # is to be gained from `result_channel` here. Redis keeps no state of this reader, the cursor is the log's.
        answer: Any = self._redis.xread({names.RESULTS_STREAM: str(after)}, count=_BATCH, block=wait_ms)
        return [_entry(raw_id, fields) for _, entries in answer for raw_id, fields in entries]

    def check_format(self) -> None:
        """Raises LedgerFormatError where another version wrote what is there."""
        ensure_format(self._redis)

    def warn_of_gaps(self, after: StreamId) -> None:
        """Say when the stream no longer reaches back to `after`, or ends before it. No stream at all says nothing."""
        try:
            info = self._redis.xinfo_stream(names.RESULTS_STREAM)
        except redis.ResponseError:
            return
        first, newest = info["first-entry"], StreamId.parse(info["last-generated-id"])
        if newest < after:
            log.warning("the stream ends at %s, before %s: only results newer than that are written", newest, after)
        elif first and info["entries-added"] > info["length"] and StreamId.parse(first[0]) > after:
            log.warning("the stream begins at %s: results between %s and that are no longer kept", first[0], after)


def _entry(raw_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    stream_id = StreamId.parse(raw_id)
    try:
        return Entry(stream_id, Result.model_validate_json(fields[b"json"]))
    except (KeyError, ValueError):  # never with its content: that may be a transcript
        log.warning("entry %s of the stream is not a result; passed over", stream_id)
        return Entry(stream_id, None)
