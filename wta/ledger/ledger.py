"""The ledger of utterances: each is first made durable, then worked on under a lease, and each stage commits once.

Celery on Redis can lose a message, for instance when a worker is killed between BRPOP and the record of it. So a
message carries an id only, and the ledger holds everything else. docs/adr/ledger.md has the reasons, and
docs/architecture.md the life of an utterance.
"""

from __future__ import annotations

import redis

from wta.ledger.dead import DeadUtterances
from wta.ledger.sessions import SessionLedger
from wta.ledger.work import WorkLedger
from wta.settings import Settings


class Ledger(SessionLedger, WorkLedger):
    """Everything that is known of sessions and utterances, kept in Redis: both sides in one object."""

    def __init__(self, client: redis.Redis, settings: Settings, live: redis.Redis | None = None) -> None:
        super().__init__(client, settings, live)
        self.dead = DeadUtterances(client, self._scripts, settings)

    def memory_fraction(self) -> float:
        """Share of Redis's memory limit that is in use, 0 to 1; 0 where Redis has no limit."""
        info = self._redis.info("memory")
        return float(info["used_memory"]) / limit if (limit := int(info["maxmemory"])) else 0.0
