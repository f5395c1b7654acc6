"""The watchdog against real processes: frozen ones are ended, others are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wta.heartbeat import fresh
from wta.watchdog import Watchdog


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that says on its command line that it is a speech worker."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "stt_worker"])
    yield process
    process.kill()
    process.wait()


def heartbeat(folder: Path, kind: str, pid: int, age_s: float) -> Path:
    file = folder / f"{kind}.{pid}.heartbeat"
    file.touch()
    os.utime(file, (time.time() - age_s,) * 2)
    return file


def test_a_frozen_worker_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    file = heartbeat(tmp_path, "stt_worker", sleeper.pid, age_s=100)
    assert Watchdog(tmp_path).check() == [sleeper.pid]
    assert sleeper.wait(5) == -signal.SIGKILL and not file.exists()


def test_a_live_worker_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    heartbeat(tmp_path, "stt_worker", sleeper.pid, age_s=1)
    assert Watchdog(tmp_path).check() == [] and sleeper.poll() is None
    assert fresh("stt_worker", tmp_path) and not fresh("analyzer_worker", tmp_path)


def test_a_stranger_with_an_old_number_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    heartbeat(tmp_path, "analyzer_worker", sleeper.pid, age_s=100)
    assert Watchdog(tmp_path).check() == [] and sleeper.poll() is None
