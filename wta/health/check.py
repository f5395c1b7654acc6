"""Health check of a worker: `python -m wta.health.check stt_worker` exits 0 while its heartbeat file is fresh."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from wta.settings import load_settings_or_exit

MAX_AGE_S = 30.0
"""More than a beat takes while Redis hangs in every time-out."""


def fresh(kind: str, folder: Path) -> bool:
    """Whether a worker of this kind has touched its heartbeat file within the last MAX_AGE_S seconds."""
    now = time.time()
    return any(now - file.stat().st_mtime < MAX_AGE_S for file in folder.glob(f"{kind}.*.heartbeat"))


if __name__ == "__main__":
    sys.exit(not fresh(sys.argv[1], load_settings_or_exit().state_dir))
