"""Credentials with which a client may open a session: an API key, or a token that was issued for one."""

from __future__ import annotations

import asyncio
import secrets
from typing import cast

import redis

from wta import names
from wta.errors import RefusedError
from wta.keys import ApiKeys, hash_secret
from wta.names import CloseCode
from wta.settings import Settings

_REDEEM = """
local owner = redis.call('GET', KEYS[1])
if not owner then return redis.call('GET', KEYS[2]) end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], owner, 'EX', ARGV[1])
return owner
"""
"""Takes a token. The same try (KEYS[2]) is answered the same again: redis-py repeats it where the reply was lost."""


class Credentials:
    """Checks API keys, and issues and redeems tokens. Methods that use tokens block.

    Those may raise redis.RedisError if Redis does not answer.
    """

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._redeem = client.register_script(_REDEEM)
        self._ttl_s = settings.token_ttl_s
        self.keys = ApiKeys(settings.api_keys)
        """Keys with which one may speak. If there are none, no credential is needed."""
        self.readers = ApiKeys(settings.reader_keys)
        """Keys with which one may read everybody's results."""
        self._rotated = asyncio.Event()
        """Set, and replaced by a new one, when the keys change."""

    def rotate(self, api_keys: str, reader_keys: str) -> None:
        """Take other keys from now on. Sessions whose key has gone end. To be called in the event loop."""
        self.keys, self.readers = ApiKeys(api_keys), ApiKeys(reader_keys)
        self._rotated.set()
        self._rotated = asyncio.Event()

    def check_owner(self, owner: str) -> None:
        """Check that a session's key is still one of the server's, if it has one. Raises RefusedError if it is not."""
        if owner and self.keys and owner not in self.keys:
            raise _unauthorized("The key of this session was taken back.")

    async def until_taken_back(self, owner: str) -> None:
        """Wait until the key of a session has gone, for ever if it never goes. Then raises RefusedError."""
        while True:
            self.check_owner(owner)
            await self._rotated.wait()

    def issue_token(self, owner: str) -> str:
        """Issue a token that opens one session within `token_ttl_s`. Redis holds its hash, and the owner of its key."""
        token = secrets.token_urlsafe(24)
        self._redis.set(names.token_key(hash_secret(token)), owner, ex=self._ttl_s)
        return token

    def check_key(self, key: str) -> str:
        """Return the name of an API key's owner. Raises RefusedError if the key is unknown."""
        owner = self.keys.owner(key)
        if owner is None:
            raise _unauthorized("This API key is not known here.")
        return owner

    def authenticate(self, credential: str) -> str:
        """Accept an API key, or redeem a token. Returns the owner's name. Raises RefusedError if it is neither."""
        return self.keys.owner(credential) or self.redeem_token(credential)

    def redeem_token(self, token: str | None, nonce: str = "") -> str:
        """Redeem a token, so that it cannot be used again. Returns the name of its key's owner.

        Args:
            nonce: which try this is, for a caller that tries again; empty: a new one.

        Raises RefusedError if the token is missing, unknown, used or expired, or if its key was removed.
        """
        if not token:
            raise _unauthorized("This server needs an API key, or a token that was made with one.")
        key = names.token_key(hash_secret(token))
        owner = cast("bytes | None", self._redeem([key, f"{key}:{nonce or secrets.token_hex(8)}"], [self._ttl_s]))
        if owner is None or owner.decode() not in self.keys:
            raise _unauthorized("This token is not known here: it was used already, or it has expired.")
        return owner.decode()


def _unauthorized(message: str) -> RefusedError:
    return RefusedError("unauthorized", message, CloseCode.UNAUTHORIZED)
