"""Health check: `python -m wta.health.check stt_worker` exits 0 while a worker of that kind has a fresh heartbeat."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from wta.health.sign_of_life import shown_s
from wta.settings import load_settings_or_exit

MAX_AGE_S = 30.0
"""The longest that a living process shows no life. One beat takes less, even while every call to Redis times out."""


def fresh(kind: str, folder: Path) -> bool:
    """Whether a worker of this kind on this machine has shown life in `folder` within the last MAX_AGE_S seconds."""
    now_s = time.monotonic()
    shown = (shown_s(file) for file in folder.glob(f"{kind}.*.heartbeat"))
    # What lies ahead is a date, or comes from before the machine was started: nobody alive wrote that.
    return any(at_s is not None and 0 <= now_s - at_s < MAX_AGE_S for at_s in shown)


if __name__ == "__main__":
    sys.exit(not fresh(sys.argv[1], load_settings_or_exit().state_dir))
