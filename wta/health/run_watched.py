"""The main process of a worker's container: `python -m wta.health.run_watched COMMAND…`.

Docker restarts a container that has ended, but not one that is unhealthy. So this process ends a frozen worker, which
ends the container, and Docker's restart policy starts it anew.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

from wta.health.check import MAX_AGE_S
from wta.health.watchdog import Watchdog
from wta.settings import Settings, load_settings_or_exit

_CHECK_EVERY_S = 5.0


def run(
    command: Sequence[str], settings: Settings, check_every_s: float = _CHECK_EVERY_S, max_age_s: float = MAX_AGE_S
) -> int:
    """Run a command until it ends and return its exit status: 128 + n where signal n ended it.

    SIGTERM and SIGINT are passed on to the command. A worker whose heartbeat has stopped gets SIGKILL.
    """
    watchdog = Watchdog(settings.state_dir, max_age_s)
    process = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: process.send_signal(received))
    while True:
        try:
            status = process.wait(check_every_s)
            return status if status >= 0 else 128 - status
        except subprocess.TimeoutExpired:
            for pid in watchdog.check():
                sys.stderr.write(f"process {pid} gave no heartbeat and was ended\n")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], load_settings_or_exit()))
