"""How much memory there is for this process: the machine's, and no more than its container's limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

from wta.control_groups import ROOT, own_groups, words

_FILES = {2: ("memory.max", "memory.current"), 1: ("memory.limit_in_bytes", "memory.usage_in_bytes")}
_CACHE = ("inactive_file", "total_inactive_file")
"""Pages of files that the kernel gives up before it refuses memory."""


def memory_bytes(root: Path = ROOT) -> int:
    """Memory of the machine, or the least limit of a control group of this process where that is less.

    Args:
        root: the folder that holds `proc` and `sys`.
    """
    return min([int(psutil.virtual_memory().total), *(limit for limit, _ in _limits(root))])


def free_memory_bytes(root: Path = ROOT) -> int:
    """Memory that this process can still take, by what the machine has left and by the limits of its groups."""
    return max(0, min([int(psutil.virtual_memory().available), *(limit - used for limit, used in _limits(root))]))


def is_limited(root: Path = ROOT) -> bool:
    """Whether a container's limit is what bounds the memory: then the machine's other services have their own."""
    return memory_bytes(root) < int(psutil.virtual_memory().total)


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """Limit of each control group, and what it uses, in bytes."""
    for version, group in own_groups("memory", root):
        limit, used = (words(group / name) for name in _FILES[version])
        if limit and limit[0] != "max":
            yield int(limit[0]), max(0, int(used[0]) - _cached(group)) if used else 0


def _cached(group: Path) -> int:
    found = words(group / "memory.stat")
    pairs = dict(zip(found[::2], found[1::2], strict=False))
    return max(int(pairs.get(name, 0)) for name in _CACHE)
