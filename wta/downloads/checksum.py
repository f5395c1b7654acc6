"""Checks that a file is exactly the expected one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from wta.errors import ModelError


def check_sha256(path: Path, expected: str) -> None:
    """Raise ModelError unless the file is there and its SHA-256 is `expected`, 64 hexadecimal digits."""
    if not path.exists():
        raise ModelError(f"{path} is missing.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ModelError(f"{path} is damaged (SHA-256 {found[:12]}…). Delete it, and it is fetched again.")
