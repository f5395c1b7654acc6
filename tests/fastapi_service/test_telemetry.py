"""Speech stays here, and nothing else leaves either: libraries that would report to their makers are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.processes import ROOT

THE_SERVICE = "from fastapi_service.audio.vad import load_network; load_network()"


def left_at_home(program: str, home: Path) -> list[Path]:
    """Files that a Python program puts into its user's home: onnxruntime keeps there what it has not sent yet."""
    home.mkdir()
    told = {"ORT_DISABLE_TELEMETRY", "CI", "XDG_CACHE_HOME"}
    env = {name: value for name, value in os.environ.items() if name not in told} | {"HOME": str(home)}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, check=True, timeout=60)
    return [path for path in home.rglob("*") if path.is_file()]


def test_onnxruntime_reports_nothing(tmp_path: Path) -> None:
    assert left_at_home(THE_SERVICE, tmp_path / "ours") == []
