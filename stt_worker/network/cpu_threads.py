"""How many threads torch computes with.

Source of the count: the number of runnable threads in /proc/loadavg (proc(5)).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from wta.cores import allowed_cores, cores

LOADAVG = Path("/proc/loadavg")


def idle_cores(loadavg: Path = LOADAVG) -> int:
    """How many of `cores` no other process wants at this moment; at least one, and always one where this is not Linux.

    A thread waits for its partner by spinning, even while another process has the partner's core. On two busy cores
    a second thread therefore makes a decode three times slower, on two idle ones it is a gain (docs/performance.md).
    """
    try:
        runnable = int(loadavg.read_text(encoding="ascii").split()[3].partition("/")[0])
    except OSError:  # this is not Linux, so nobody says how many are idle
        return 1
    return max(1, min(cores(), allowed_cores() - max(0, runnable - 1)))


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
