"""Who may open a session, where API keys are configured: a key itself, or a token that a browser got for one."""

from __future__ import annotations

import secrets
from typing import cast

import redis

from wta import names
from wta.errors import RefusedError
from wta.keys import ApiKeys, hash_secret
from wta.names import CloseCode
from wta.settings import Settings


class Credentials:
    """Blocking. Methods may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._ttl_s = settings.token_ttl_s
        self.keys = ApiKeys(settings.api_keys)
        self.readers = ApiKeys(settings.reader_keys)

    def issue_token(self, owner: str) -> str:
        """Make a token for one session, to be used soon. Redis holds its hash, and for whose key it was made."""
        token = secrets.token_urlsafe(24)
        self._redis.set(names.token_key(hash_secret(token)), owner, ex=self._ttl_s)
        return token

    def check_key(self, key: str) -> str:
        """Returns whose API key it is. Raises RefusedError where nobody's."""
        owner = self.keys.owner(key)
        if owner is None:
            raise _unauthorized("This API key is not known here.")
        return owner

    def authenticate(self, credential: str) -> str:
        """Accept a key or a token. Returns whose it is. Raises RefusedError where it is neither."""
        return self.keys.owner(credential) or self.redeem_token(credential)

    def redeem_token(self, token: str | None) -> str:
        """Accept a token, which cannot be used again. Returns for whose key it was made. Raises RefusedError."""
        if not token:
            raise _unauthorized("This server wants an API key, or a token made with one.")
        owner = cast("bytes | None", self._redis.getdel(names.token_key(hash_secret(token))))
        if owner is None or owner.decode() not in self.keys:
            raise _unauthorized("This token is not known here: it was used already, or its time is over.")
        return owner.decode()


def _unauthorized(message: str) -> RefusedError:
    return RefusedError("unauthorized", message, CloseCode.UNAUTHORIZED)
