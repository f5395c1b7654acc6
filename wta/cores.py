"""How many cores this process may compute with: those it may run on, and no more than its container's quota."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from wta.control_groups import ROOT, own_groups, words


def cores(root: Path = ROOT) -> int:
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
    for version, group in own_groups("cpu", root):
        quota = _version_2(group) if version == 2 else _version_1(group)
        if quota is not None:
            yield quota


def _version_2(group: Path) -> float | None:
    found = words(group / "cpu.max")
    return int(found[0]) / int(found[1]) if found and found[0] != "max" else None


def _version_1(group: Path) -> float | None:
    quota_us, period_us = words(group / "cpu.cfs_quota_us"), words(group / "cpu.cfs_period_us")
    return int(quota_us[0]) / int(period_us[0]) if quota_us and int(quota_us[0]) > 0 else None
