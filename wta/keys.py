"""API keys, which are long random strings. The settings hold only their SHA-256: nobody can guess a key from it."""

from __future__ import annotations

import hashlib
import re
import secrets

_PREFIX = "wta_"
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-f]{64})", re.ASCII)
_BEARER = "bearer "


def new_key() -> str:
    """Make a new key of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 of a key or token in hexadecimal, which is all that is stored of it."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def bearer(authorization: str) -> str:
    """The credential in the value of an `Authorization: Bearer …` header; empty where it holds none."""
    return authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""


class ApiKeys:
    """The API keys that a setting allows.

    Args:
        setting: `name:sha256hex` entries with commas between; empty for no keys. Anything else raises ValueError, whose
            message does not repeat it: it may be a key that was put here instead of its hash.
    """

    def __init__(self, setting: str) -> None:
        self._hashes: dict[str, bytes] = {}
        for entry in filter(None, (part.strip() for part in setting.split(","))):
            found = _ENTRY.fullmatch(entry)
            if found is None:
                raise ValueError(
                    "keys must be given as name:hash, with commas between several; `python -m wta keys new` makes one"
                )
            name, digest = found.groups()
            if name in self._hashes:
                raise ValueError(f"the name {name} is given twice")
            self._hashes[name] = digest.encode()

    def __bool__(self) -> bool:
        """Whether there are any keys. Without keys nobody needs one."""
        return bool(self._hashes)

    def __contains__(self, name: str) -> bool:
        return name in self._hashes

    def owner(self, key: str) -> str | None:
        """The name of the key's owner; None for a wrong key. Takes the same time for every wrong key."""
        given, found = hash_secret(key).encode(), None
        for name, stored in self._hashes.items():
            if secrets.compare_digest(stored, given):
                found = name
        return found
