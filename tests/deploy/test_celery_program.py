"""The commands people type: the `celery` program itself, which does not put this folder on its path for long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT


@pytest.mark.parametrize("service", ["stt_worker", "analyzer_worker", "webhook_worker"])
def test_celery_finds_the_application(service: str) -> None:
    celery = Path(sys.executable).with_name("celery")
    done = subprocess.run(
        [celery, "-A", f"{service}:celery_app", "report"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
