"""Redis's clock, turned on: all that stands in Redis becomes older, which comes to the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import redis

_TIME = re.compile(rb"(?:1[6-9]|2[01])\d{8}(?:\.\d+)?")
"""Unix seconds."""
_ENTRY = re.compile(rb"(1[6-9]\d{11})-(\d+)")
"""The id of a stream's entry, alone or after a name and a colon."""


def turn_on(client: redis.Redis, seconds: int) -> None:
    """Let `seconds` pass for each key: times, ids of entries and times to live. What is over by then goes."""
    for key in list(client.scan_iter(count=1000)):
        _CHANGES.get(client.type(key), _leave)(client, key, seconds)
        left_ms = client.pttl(key)
        if left_ms >= 0:
            client.pexpire(key, left_ms - seconds * 1000)  # a negative time deletes the key


def _older(value: bytes, seconds: int) -> bytes:
    if _TIME.fullmatch(value):
        return b"%.6f" % (float(value) - seconds)
    return _ENTRY.sub(lambda found: b"%d-%s" % (int(found[1]) - seconds * 1000, found[2]), value)


def _string(client: redis.Redis, key: bytes, seconds: int) -> None:
    value = client.get(key)
    if value and _older(value, seconds) != value:
        client.set(key, _older(value, seconds), keepttl=True)


def _hash(client: redis.Redis, key: bytes, seconds: int) -> None:
    changed = {name: _older(value, seconds) for name, value in client.hgetall(key).items()}
    client.hset(key, mapping=cast("Mapping[str | bytes, bytes]", changed))


def _list(client: redis.Redis, key: bytes, seconds: int) -> None:
    for at, value in enumerate(client.lrange(key, 0, -1)):
        client.lset(key, at, _older(value, seconds))  # type: ignore[arg-type]


def _sorted_set(client: redis.Redis, key: bytes, seconds: int) -> None:
    for member, score in client.zrange(key, 0, -1, withscores=True):
        client.zrem(key, member)
        client.zadd(key, {_older(member, seconds): score - seconds if score > 1e9 else score})


def _stream(client: redis.Redis, key: bytes, seconds: int) -> None:
    entries, left_ms = client.xrange(key), client.pttl(key)
    client.delete(key)
    for id_, fields in entries:
        client.xadd(key, fields, id=_older(id_, seconds))
    if entries and left_ms >= 0:
        client.pexpire(key, left_ms)


def _leave(_client: redis.Redis, _key: bytes, _seconds: int) -> None:
    """A set of names has no times, and a key that is over by now has nothing."""


_CHANGES = {
    b"string": _string,
    b"hash": _hash,
    b"list": _list,
    b"zset": _sorted_set,
    b"stream": _stream,
}
