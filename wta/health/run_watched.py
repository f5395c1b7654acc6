"""The main process of a worker's container: `python -m wta.health.run_watched COMMAND…`.

Docker restarts a container that has ended, not one that is unhealthy. So what is frozen is ended here, and the
container with it; the restart policy does the rest.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

from wta.health.watchdog import Watchdog
from wta.settings import Settings, load_settings_or_exit

_CHECK_EVERY_S = 5.0


def run(command: Sequence[str], settings: Settings, check_every_s: float = _CHECK_EVERY_S) -> int:
    """Run a command until it ends; returns its exit status, 128 + n where signal n ended it.

    A frozen one gets SIGKILL. Signals to end are handed on.
    """
    watchdog = Watchdog(settings.state_dir)
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
