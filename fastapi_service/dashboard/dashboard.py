"""What an admin can do at the dashboard: read the figures, and decide about utterances that were given up."""

from __future__ import annotations

from typing import cast

import redis

from fastapi_service.dashboard.snapshot import make_snapshot
from wta import names
from wta.ledger import Ledger, RetryOutcome
from wta.settings import Settings

_KEPT_MS = 1000
"""How long a snapshot is kept for everybody who looks."""


class Dashboard:
    """Serves the dashboard from Redis alone, so that every web process gives the same figures.

    Every method blocks, and may raise redis.RedisError if Redis does not answer.
    """

    def __init__(self, client: redis.Redis, ledger: Ledger, settings: Settings) -> None:
        self._redis, self._ledger, self._settings = client, ledger, settings

    def snapshot_json(self) -> bytes:
        """Return a DashboardSnapshot as JSON. It is at most a second old, and all admins share it."""
        kept = cast("bytes | None", self._redis.get(names.DASHBOARD_SNAPSHOT))
        if kept is None:
            kept = make_snapshot(self._redis, self._ledger, self._settings).model_dump_json().encode()
            self._redis.set(names.DASHBOARD_SNAPSHOT, kept, px=_KEPT_MS)
        return kept

    def retry(self, utterance_id: str) -> RetryOutcome:
        """Queue an utterance again that was given up. The next snapshot shows it."""
        answer = self._ledger.dead.retry(utterance_id)
        self._redis.delete(names.DASHBOARD_SNAPSHOT)
        return answer

    def dismiss(self, utterance_id: str) -> bool:
        """Remove an utterance from those that were given up. Returns whether it was among them."""
        dismissed = self._ledger.dead.dismiss(utterance_id)
        self._redis.delete(names.DASHBOARD_SNAPSHOT)
        return dismissed
