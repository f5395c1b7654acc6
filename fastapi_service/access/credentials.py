"""Who may open a session, where API keys are configured: a key itself, or a token that a browser got for one."""

from __future__ import annotations

import secrets
from typing import cast

import redis

from wta import names
from wta.errors import ProtocolError
from wta.keys import ApiKeys, hash_secret
from wta.names import CloseCode
from wta.settings import Settings


class Access:
    """Blocking. Methods may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._ttl_s = settings.token_ttl_s
        self.keys = ApiKeys(settings.api_keys)
        self.readers = ApiKeys(settings.reader_keys)

    def new_token(self, owner: str) -> str:
        """A token for one session, to be used soon. Redis holds its hash, and whose key it was made for."""
        token = secrets.token_urlsafe(24)
        self._redis.set(names.token_key(hash_secret(token)), owner, ex=self._ttl_s)
        return token

    def check_key(self, key: str) -> str:
        """Returns whose key it is. Raises ProtocolError."""
        owner = self.keys.owner(key)
        if owner is None:
            raise _unauthorized("This API key is not known here.")
        return owner

    def admit(self, credential: str) -> str:
        """A key, or a token: returns whose. Raises ProtocolError where it is neither."""
        return self.keys.owner(credential) or self.use_token(credential)

    def use_token(self, token: str | None) -> str:
        """Returns for whose key it was made; it cannot be used again. Raises ProtocolError."""
        if not token:
            raise _unauthorized("This server wants an API key, or a token made with one.")
        owner = cast("bytes | None", self._redis.getdel(names.token_key(hash_secret(token))))
        if owner is None or owner.decode() not in self.keys:
            raise _unauthorized("This token is not known here: it was used already, or its time is over.")
        return owner.decode()


def _unauthorized(words: str) -> ProtocolError:
    return ProtocolError("unauthorized", words, CloseCode.UNAUTHORIZED)
