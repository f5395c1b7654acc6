"""Checks the version of the data in Redis, because a program must not change data that it does not understand."""

from __future__ import annotations

import logging
from typing import cast

import redis

from wta import names
from wta.errors import LedgerFormatError
from wta.ledger.scripts import Scripts

log = logging.getLogger(__name__)

FORMAT = "2"


def ensure_format(client: redis.Redis) -> None:
    """Mark an empty ledger with this version's FORMAT, and bring an older ledger to it.

    Services of the older version see the new mark within a second, and stop by themselves.

    Raises LedgerFormatError where the ledger has a newer format, and redis.RedisError where Redis is away.
    """
    client.set(names.LEDGER_FORMAT, FORMAT, nx=True)
    keys = [names.LEDGER_FORMAT, names.PENDING]
    if client.get(names.LEDGER_FORMAT) == b"1" and Scripts(client).migrate(keys=keys, args=[FORMAT]):
        log.info("brought the ledger from format 1 to %s", FORMAT)
    found = cast("bytes | None", client.get(names.LEDGER_FORMAT))
    if found is None:  # somebody has just emptied Redis: the next check marks it
        return
    text = found.decode()
    if text != FORMAT:
        raise LedgerFormatError(
            f"Redis holds utterances in format {text}; this version works with format {FORMAT}. "
            'See CHANGELOG.md, "Upgrading": let the version that wrote them finish, or use another Redis database.'
        )
