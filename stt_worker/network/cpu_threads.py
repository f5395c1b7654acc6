"""How many threads torch computes with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

LOADAVG = Path("/proc/loadavg")


def cores() -> int:
    """Cores that this process may run on."""
    # Only Linux tells which cores this process may run on.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def idle_cores(loadavg: Path = LOADAVG) -> int:
    """Cores that nobody but this process wants at this moment; at least one.

    A thread whose partner has been preempted spins until it is back: on two busy cores a second thread
    makes a decode three times slower (docs/performance.md), on two idle ones it is a gain.
    """
    try:
        runnable = int(loadavg.read_text(encoding="ascii").split()[3].partition("/")[0])
    except OSError:  # not Linux
        return 1
    return max(1, cores() - max(0, runnable - 1))


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Let torch use this many threads; 0 means one for each idle core.

    Set around each use, not once at start: other libraries set the number, too (importing silero_vad
    makes it 1).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or idle_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)
