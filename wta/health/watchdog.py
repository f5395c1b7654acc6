"""Ends workers whose heartbeat has stopped, so that their supervisor starts them anew.

A supervisor restarts a process that has ended, but not one that is frozen: stopped, or stuck inside a library.
`python -m wta.health.watchdog` is an event listener of supervisor (deploy/local/supervisord.conf), which calls it every
five seconds, and when it gives a service up.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from wta.health.check import MAX_AGE_S
from wta.health.sign_of_life import shown_s
from wta.settings import load_settings_or_exit

_LONGEST_TURN_S = 10.0
"""More than this does not count between two looks: the machine slept, or this process was held up like the workers."""


class Watchdog:
    """Looks again and again at the heartbeat files of the workers on one machine, which are in `folder`.

    A worker counts as frozen when its file has not changed for `max_age_s` of this process's own time. What the file
    says, and what the date is, does not matter.

    Args:
        clock: returns seconds that pass; replaced in tests.
    """

    def __init__(self, folder: Path, max_age_s: float = MAX_AGE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._max_age_s = max_age_s
        self._clock = clock
        self._looked_s = clock()
        self._seen: dict[Path, tuple[float, float]] = {}
        """Heartbeat file → when life was last shown in it, and for how many seconds that has stayed the same."""

    def check(self) -> list[int]:
        """Kill the workers that have shown no life for too long, and return their process ids."""
        self._look()
        stale = [file for file, (_, unchanged_s) in self._seen.items() if unchanged_s > self._max_age_s]
        return [pid for file in stale if (pid := self._end(file)) is not None]

    def _look(self) -> None:
        turn_s = min(_LONGEST_TURN_S, self._clock() - self._looked_s)
        self._looked_s = self._clock()
        seen, self._seen = self._seen, {}
        for file in self._folder.glob("*.heartbeat"):
            if (at_s := shown_s(file)) is not None:
                before_s, unchanged_s = seen.get(file, (None, 0.0))
                self._seen[file] = (at_s, unchanged_s + turn_s if at_s == before_s else 0.0)

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
