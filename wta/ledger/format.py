"""The version of what the ledger keeps in Redis: other versions of this program must not touch what they don't know."""

from __future__ import annotations

import redis

from wta import names
from wta.errors import LedgerFormatError

FORMAT = "1"


def ensure_format(client: redis.Redis) -> None:
    """Mark an empty ledger as this version's. Raises LedgerFormatError where it is another's, redis.RedisError."""
    client.set(names.LEDGER_FORMAT, FORMAT, nx=True)
    found = client.get(names.LEDGER_FORMAT)
    text = found.decode() if isinstance(found, bytes) else str(found)
    if text != FORMAT:
        raise LedgerFormatError(
            f"Redis holds utterances in format {text}; this version works with format {FORMAT}. "
            'See CHANGELOG.md, "Upgrading": let the version that wrote them finish, or use another Redis database.'
        )
