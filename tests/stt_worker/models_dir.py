"""Where the tests find Whisper's checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.processes import ROOT

MODELS_DIR = Path(os.environ.get("WTA_MODELS_DIR") or ROOT / "models")
