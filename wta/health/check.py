"""Health check: `python -m wta.health.check stt_worker` exits 0 while a worker of that kind has a fresh heartbeat."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from wta.settings import load_settings_or_exit

MAX_AGE_S = 30.0
"""The oldest heartbeat that counts as fresh. One beat takes less, even while every call to Redis times out."""


def fresh(kind: str, folder: Path) -> bool:
    """Whether a worker of this kind has touched its heartbeat file in `folder` within the last MAX_AGE_S seconds."""
    now = time.time()
    return any(now - file.stat().st_mtime < MAX_AGE_S for file in folder.glob(f"{kind}.*.heartbeat"))


if __name__ == "__main__":
    sys.exit(not fresh(sys.argv[1], load_settings_or_exit().state_dir))
