"""Who may look at the dashboard: an admin key once, then a token for the browser's tab. Redis holds hashes alone."""

from __future__ import annotations

import secrets
import time
from typing import cast

import redis

from fastapi_service.access.connection_slots import network_of
from wta import names
from wta.errors import RefusedError
from wta.keys import ApiKeys, hash_secret
from wta.settings import Settings

TOKEN_TTL_S = 12 * 3600
MAX_GUESSES = 10
"""Wrong keys from one network in one minute; of any number of web processes together."""
_MINUTE_S = 60


class NotSignedInError(RefusedError):
    """There is no key or token, or it is not known (any more)."""

    def __init__(self, message: str) -> None:
        super().__init__("unauthorized", message)


class TooManyGuessesError(RefusedError):
    """Wrong keys came too often; wait `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        message = f"Too many wrong keys came from your address. Try again in {retry_after_s} s."
        super().__init__("too_many_guesses", message, retryable=True)
        self.retry_after_s = retry_after_s


class Admins:
    """Blocking. Methods may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._keys = ApiKeys(settings.admin_keys)

    def __bool__(self) -> bool:
        """Whether there is a key at all; else nobody gets in."""
        return bool(self._keys)

    def sign_in(self, key: str, host: str | None) -> str:
        """A token for TOKEN_TTL_S. Raises NotSignedInError, TooManyGuessesError: then the right key does not help."""
        now = time.time()
        guesses, network = names.dashboard_guesses_key(int(now // _MINUTE_S)), network_of(host)
        with self._redis.pipeline() as pipe:  # counted before it is looked at, or many at once would all be looked at
            pipe.hincrby(guesses, network, 1)
            pipe.expire(guesses, 2 * _MINUTE_S)
            tries = pipe.execute()[0]
        if tries > MAX_GUESSES:
            raise TooManyGuessesError(_MINUTE_S - int(now % _MINUTE_S))
        owner = self._keys.owner(key)
        if owner is None:
            raise NotSignedInError("This admin key is not known here.")
        token = secrets.token_urlsafe(32)
        with self._redis.pipeline() as pipe:
            pipe.hdel(guesses, network)
            pipe.set(_token_key(token), owner, ex=TOKEN_TTL_S)
            pipe.execute()
        return token

    def check(self, token: str) -> str:
        """Whose token it is. Raises NotSignedInError; also where the key that it was made with is taken back."""
        owner = cast("bytes | None", self._redis.get(_token_key(token)))
        if owner is None or owner.decode() not in self._keys:
            raise NotSignedInError("Sign in with an admin key.")
        return owner.decode()

    def sign_out(self, token: str) -> None:
        self._redis.delete(_token_key(token))


def _token_key(token: str) -> str:
    return names.dashboard_token_key(hash_secret(token))
