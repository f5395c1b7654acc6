"""Ends workers whose heartbeat has stopped, so that their supervisor starts them anew.

A supervisor restarts a process that has ended, but not one that is frozen: stopped, or stuck inside a library.
`python -m wta.health.watchdog` is an event listener of supervisor (deploy/local/supervisord.conf), which calls it every
five seconds, and when it gives a service up.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil

from wta.health.check import MAX_AGE_S
from wta.settings import load_settings_or_exit


class Watchdog:
    """Looks at the heartbeat files of the workers on one machine, which are in `folder`."""

    def __init__(self, folder: Path, max_age_s: float = MAX_AGE_S) -> None:
        self._folder = folder
        self._max_age_s = max_age_s

    def check(self) -> list[int]:
        """Kill the workers whose heartbeat file is too old, and return the process ids of those that were killed."""
        stale = [f for f in self._folder.glob("*.heartbeat") if time.time() - f.stat().st_mtime > self._max_age_s]
        return [pid for file in stale if (pid := self._end(file)) is not None]

    @staticmethod
    def _end(file: Path) -> int | None:
        kind, pid, _ = file.name.split(".")
        file.unlink(missing_ok=True)
        try:
            process = psutil.Process(int(pid))
            # The file may be left over from a crash, and another process may have its number by now.
            if not any(kind in argument for argument in process.cmdline()):
                return None
            process.kill()
        except psutil.NoSuchProcess:
            return None
        return int(pid)


def main() -> None:
    """Speak supervisor's event listener protocol on stdin and stdout. stderr is the log."""
    from supervisor import childutils  # noqa: PLC0415 - containers use the class above without a supervisor

    watchdog = Watchdog(load_settings_or_exit().state_dir)
    while True:
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        if headers["eventname"] == "PROCESS_STATE_FATAL":
            name = childutils.get_headers(payload)["processname"]
            print(f"watchdog: {name} IS GIVEN UP: it ended again and again as soon as it was started. "  # noqa: T201
                  "See what it said, and start everything again.", file=sys.stderr)  # fmt: skip
        for pid in watchdog.check():
            print(f"watchdog: worker {pid} gave no heartbeat and was ended", file=sys.stderr)  # noqa: T201
        childutils.listener.ok(sys.stdout)


if __name__ == "__main__":
    main()
