"""The file by which a process shows that it lives. The date, which may be set at any time, does not matter."""

from __future__ import annotations

import os
import time
from pathlib import Path


class SignOfLife:
    """One file, named after the kind and the number of its process.

    Its time of change is the machine's monotonic clock and no date: all processes of a machine share that clock, and
    neither a laptop's sleep nor a clock that is set moves it. To show life takes no room on the disk.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self._file = folder / f"{kind}.{os.getpid()}.heartbeat"

    def begin(self) -> None:
        """Make the folder, and show life for the first time. Raises OSError."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self.show()

    def show(self) -> None:
        """Show that the process lives now. Raises OSError."""
        now_s = time.monotonic()
        try:
            os.utime(self._file, (now_s, now_s))
        except FileNotFoundError:
            self._file.touch()
            os.utime(self._file, (now_s, now_s))

    def end(self) -> None:
        """Remove the file: a process that has left is no frozen one."""
        self._file.unlink(missing_ok=True)


def shown_s(file: Path) -> float | None:
    """When a process last showed life (s, monotonic clock); None where it has left meanwhile."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return None
