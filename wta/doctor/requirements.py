"""Finds packages that the project's requirements files name and that are not installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def missing_packages(requirements: Path) -> list[str]:
    """The packages that a requirements file, or one that it includes, names and that are not installed."""
    return sorted({name for name in _names(requirements) if not _is_installed(name)})


def _names(requirements: Path) -> Iterator[str]:
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from _names(requirements.parent / line[3:].strip())
        elif match := _NAME.match(line):
            yield match[0]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
