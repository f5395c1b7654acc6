"""How many sessions one address, or one API key, may open in a minute."""

from __future__ import annotations

import time

import redis

from fastapi_service.access.client_address import network_of
from wta import names
from wta.errors import RefusedError
from wta.names import CloseCode
from wta.settings import Settings

_MINUTE_S = 60


class TooManySessionsError(RefusedError):
    """One address or key opens sessions too quickly. The next may be opened after `retry_after_s`."""

    def __init__(self, whose: str, retry_after_s: int) -> None:
        message = f"Too many sessions are opened {whose}. Try again in {retry_after_s} s."
        super().__init__("too_many_sessions", message, CloseCode.FULL, retryable=True)
        self.retry_after_s = retry_after_s


class SessionRate:
    """Counts new sessions in Redis, for all web processes together. Resuming one is free."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._most = settings.max_new_sessions_per_minute

    def check(self, host: str | None, owner: str | None) -> None:
        """Count one more session. Blocking. Raises TooManySessionsError if there were too many in this minute.

        Args:
            owner: the name of the API key, if the client has one.
        """
        if not self._most:
            return
        now = time.time()
        counter = names.opened_key(int(now // _MINUTE_S))
        left_s = _MINUTE_S - int(now % _MINUTE_S)
        with self._redis.pipeline() as pipe:
            pipe.hincrby(counter, f"address {network_of(host)}", 1)
            pipe.hincrby(counter, f"key {owner}", 1 if owner else 0)
            pipe.expire(counter, 2 * _MINUTE_S)
            by_address, by_key, _ = pipe.execute()
        if by_address > self._most:
            raise TooManySessionsError("from your address", left_s)
        if by_key > self._most:
            raise TooManySessionsError("with your key", left_s)
