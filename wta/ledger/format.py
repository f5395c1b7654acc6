"""Checks the version of the data in Redis, because a program must not change data that it does not understand."""

from __future__ import annotations

import redis

from wta import names
from wta.errors import LedgerFormatError

FORMAT = "1"


def ensure_format(client: redis.Redis) -> None:
    """Mark an empty ledger with this version's FORMAT.

    Raises LedgerFormatError where the ledger has another format, and redis.RedisError where Redis is away.
    """
    client.set(names.LEDGER_FORMAT, FORMAT, nx=True)
    found = client.get(names.LEDGER_FORMAT)
    text = found.decode() if isinstance(found, bytes) else str(found)
    if text != FORMAT:
        raise LedgerFormatError(
            f"Redis holds utterances in format {text}; this version works with format {FORMAT}. "
            'See CHANGELOG.md, "Upgrading": let the version that wrote them finish, or use another Redis database.'
        )
