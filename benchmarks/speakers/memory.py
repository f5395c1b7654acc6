"""How much memory something takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def more_memory_mb(make: Callable[[], T]) -> tuple[T, float]:
    """What `make` makes, and by how many MB this process has grown by it."""
    process = psutil.Process()
    before = process.memory_info().rss
    made = make()
    return made, round((process.memory_info().rss - before) / 1e6, 1)
