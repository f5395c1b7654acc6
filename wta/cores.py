"""How many cores this process may compute with: those it may run on, and no more than its container's quota."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

_ROOT = Path("/")


def cores(root: Path = _ROOT) -> int:
    """How many cores there are for this process; at least one.

    Args:
        root: the folder that holds `proc` and `sys`.
    """
    return max(1, min([allowed_cores(), *(math.ceil(quota) for quota in _quotas(root))]))


def allowed_cores() -> int:
    """How many cores this process may run on. Other systems than Linux only tell how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """Cores that each control group of this process may use at most (`docker --cpus`, limits of Kubernetes)."""
    mount = root / "sys" / "fs" / "cgroup"
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _of_each(mount, path, _version_2)
        elif "cpu" in controllers.split(","):
            yield from _of_each(mount / controllers, path, _version_1)


def _of_each(mount: Path, path: str, quota: Callable[[Path], float | None]) -> Iterator[float]:
    """The quotas of a group and of those above it. A container often sees itself as the uppermost one."""
    group = PurePosixPath(path.lstrip("/"))
    found = (quota(mount / folder) for folder in (group, *group.parents))
    return (cores for cores in found if cores is not None)


def _version_2(group: Path) -> float | None:
    words = _words(group / "cpu.max")
    return int(words[0]) / int(words[1]) if words and words[0] != "max" else None


def _version_1(group: Path) -> float | None:
    quota_us, period_us = _words(group / "cpu.cfs_quota_us"), _words(group / "cpu.cfs_period_us")
    return int(quota_us[0]) / int(period_us[0]) if quota_us and int(quota_us[0]) > 0 else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError:  # there is no such group, or this is not Linux
        return []


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()
