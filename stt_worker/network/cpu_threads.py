"""How many threads torch computes with.

Source of the count: the number of runnable threads in /proc/loadavg (proc(5)), and elsewhere the times of the
processors (psutil).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
import torch

from wta.cores import cores

LOADAVG = Path("/proc/loadavg")
MOST_THREADS = 8
"""More than these gain nothing on matrices of this size, and WTA_THREADS may say more. Not measured beyond 2 cores."""


def idle_cores(loadavg: Path = LOADAVG) -> int:
    """How many of `cores` no other process wants at this moment; at least one, at most MOST_THREADS.

    A thread waits for its partner by spinning, even while another process has the partner's core. On two busy cores
    a second thread therefore makes a decode three times slower, on two idle ones it is a gain (docs/performance.md).
    """
    there = os.cpu_count() or 1  # the load is the whole machine's, so it is compared with all of its cores
    try:
        runnable = int(loadavg.read_text(encoding="ascii").split()[3].partition("/")[0])
        wanted = float(max(0, runnable - 1))
    except OSError:  # this is not Linux
        wanted = _others().cores()
    return max(1, min(cores(), MOST_THREADS, round(there - wanted)))


class OtherWork:
    """How many cores other processes keep busy, between one look and the next.

    Args:
        read: tells the seconds that the cores together have been busy since the start, and of these, this process's.
        clock: tells seconds.
    """

    def __init__(self, read: Callable[[], tuple[float, float]], clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._last = (clock(), *read())
        self._found = float(os.cpu_count() or 1)

    def cores(self) -> float:
        """Cores that others kept busy since the last look; all of them until there was time to look."""
        now, busy_s, own_s = (self._clock(), *self._read())
        then, busy_before_s, own_before_s = self._last
        if now - then >= _LOOK_S:
            self._found = max(0.0, (busy_s - busy_before_s) - (own_s - own_before_s)) / (now - then)
            self._last = (now, busy_s, own_s)
        return self._found


_LOOK_S = 0.5
"""The systems count processor time in steps of up to 16 ms."""


@cache
def _others() -> OtherWork:
    return OtherWork(_busy_seconds)


def _busy_seconds() -> tuple[float, float]:
    every, own = psutil.cpu_times(), psutil.Process().cpu_times()
    return every.user + every.system, own.user + own.system


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Let torch use this many threads while the body runs; 0 means one for each idle core.

    The number is set around each use and not once at start, because other libraries set it as well: importing
    silero_vad makes it 1.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or idle_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)
