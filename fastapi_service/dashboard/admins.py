"""Admins of the dashboard: they sign in with an admin key, and get a token for the browser's tab.

Redis holds only the hashes of tokens.
"""

from __future__ import annotations

import secrets
from typing import cast

import redis

from fastapi_service.access.client_address import network_of
from wta import names
from wta.errors import RefusedError
from wta.keys import ApiKeys, hash_secret
from wta.settings import Settings

TOKEN_TTL_S = 12 * 3600
"""How long a token is valid."""
MAX_GUESSES = 10
"""How many wrong keys one network may send in a minute, to all web processes together."""
_MINUTE_S = 60


class NotSignedInError(RefusedError):
    """The key or token is missing, unknown, or no longer valid."""

    def __init__(self, message: str) -> None:
        super().__init__("unauthorized", message)


class TooManyGuessesError(RefusedError):
    """Too many wrong keys came from one network. The next try is allowed after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        message = f"Too many wrong keys came from your address. Try again in {retry_after_s} s."
        super().__init__("too_many_guesses", message, retryable=True)
        self.retry_after_s = retry_after_s


class Admins:
    """Signs admins in and out, and checks their tokens. Every method blocks.

    Every method may raise redis.RedisError if Redis does not answer. Without an admin key, the object is false.
    """

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._keys = ApiKeys(settings.admin_keys)

    def rotate(self, admin_keys: str) -> None:
        """Take other keys from now on. Whoever signed in with a key that has gone is signed out."""
        self._keys = ApiKeys(admin_keys)

    def __bool__(self) -> bool:
        """Whether the server has an admin key. Without one, nobody can sign in."""
        return bool(self._keys)

    def sign_in(self, key: str, host: str | None) -> str:
        """Return a token that is valid for TOKEN_TTL_S.

        Raises NotSignedInError if the key is wrong. Raises TooManyGuessesError, even if the key is right, if too many
        wrong ones came from the network of `host`.
        """
        now = self._redis.time()[0]
        guesses, network = names.dashboard_guesses_key(now // _MINUTE_S), network_of(host)
        # The try is counted before the key is checked. Otherwise many tries at the same time would all be checked.
        with self._redis.pipeline() as pipe:
            pipe.hincrby(guesses, network, 1)
            pipe.expire(guesses, 2 * _MINUTE_S)
            tries = pipe.execute()[0]
        if tries > MAX_GUESSES:
            raise TooManyGuessesError(_MINUTE_S - now % _MINUTE_S)
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
        """Return the name of a token's owner.

        Raises NotSignedInError if the token is not valid, or if the key that it was made with was removed.
        """
        owner = cast("bytes | None", self._redis.get(_token_key(token)))
        if owner is None or owner.decode() not in self._keys:
            raise NotSignedInError("Sign in with an admin key.")
        return owner.decode()

    def sign_out(self, token: str) -> None:
        """Make a token invalid."""
        self._redis.delete(_token_key(token))


def _token_key(token: str) -> str:
    return names.dashboard_token_key(hash_secret(token))
