"""API keys: long random strings. The settings hold only their SHA-256, which is enough for what cannot be guessed."""

from __future__ import annotations

import hashlib
import re
import secrets

_PREFIX = "wta_"
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-f]{64})", re.ASCII)
_BEARER = "bearer "


def new_key() -> str:
    """A key nobody has yet: 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 in hexadecimal: what is stored of a key or token."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def bearer(authorization: str) -> str:
    """The credential of an `Authorization: Bearer …` header; empty where there is none."""
    return authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""


class ApiKeys:
    """Who may speak here, as `name:sha256hex,…` says. Raises ValueError where it says something else."""

    def __init__(self, setting: str) -> None:
        self._hashes: dict[str, bytes] = {}
        for entry in filter(None, (part.strip() for part in setting.split(","))):
            found = _ENTRY.fullmatch(entry)
            if found is None:  # what it is stays unsaid: it may be a key that was put here instead of its hash
                raise ValueError("wants name:hash, several with commas between; see `python -m wta keys new`")
            name, digest = found.groups()
            if name in self._hashes:
                raise ValueError(f"names {name} twice")
            self._hashes[name] = digest.encode()

    def __bool__(self) -> bool:
        """Whether anybody needs a key at all."""
        return bool(self._hashes)

    def __contains__(self, name: str) -> bool:
        return name in self._hashes

    def owner(self, key: str) -> str | None:
        """Whose key this is. Takes the same time for every wrong key."""
        given, found = hash_secret(key).encode(), None
        for name, stored in self._hashes.items():
            if secrets.compare_digest(stored, given):
                found = name
        return found
