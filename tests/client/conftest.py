"""Audio to speak, and a microphone without hardware."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support import require
from tests.support.speech import recorded_clips

RATE_HZ = 48_000
_STEP_S = 0.1
_ALSA_CONFIG = """
</usr/share/alsa/alsa.conf>
pcm.filemic {{
  type file
  slave.pcm "null"
  file "/dev/null"
  infile "{fifo}"
  format "raw"
}}
pcm.!default {{
  type plug
  slave {{ pcm "filemic" format S16_LE rate {rate_hz} channels 1 }}
}}
"""


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV in which a synthetic voice says one sentence."""
    path = tmp_path_factory.mktemp("speech") / "spoken.wav"
    espeak = require.binary("espeak-ng", "apt-get install espeak-ng")
    subprocess.run([espeak, "-s", "140", "-w", str(path), "I love this wonderful day."], check=True)
    return path


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A few recordings, long enough to be interrupted."""
    paths = [clip.path for clip in recorded_clips(tmp_path_factory.mktemp("recordings"))]
    return [path for path in paths if soundfile.info(path).duration > 2.5][:3]


class FakeMicrophone:
    """A recording device of ALSA that hears what is put into a pipe, in real time."""

    def __init__(self, folder: Path) -> None:
        fifo, config = folder / "microphone", folder / "asound.conf"
        os.mkfifo(fifo)
        config.write_text(_ALSA_CONFIG.format(fifo=fifo, rate_hz=RATE_HZ))
        self.env = {"ALSA_CONFIG_PATH": str(config)}
        self._pipe = os.open(fifo, os.O_RDWR)  # read-write: opening waits for nobody, and the pipe never ends
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def hear(self, path: Path) -> None:
        """Play a file, then silence until `close`."""
        samples, rate_hz = soundfile.read(path, dtype="float32")
        positions = np.arange(0, len(samples), rate_hz / RATE_HZ)
        heard = np.interp(positions, np.arange(len(samples)), samples)
        self._thread = threading.Thread(target=self._play, args=((heard * 32767).astype("<i2").tobytes(),))
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join()
        os.close(self._pipe)

    def _play(self, pcm: bytes) -> None:
        # The device itself knows no time: it gives what is in the pipe, so the pipe has to be filled as time passes.
        step = round(_STEP_S * RATE_HZ) * 2
        os.set_blocking(self._pipe, False)
        started, first = time.monotonic(), 0
        while not self._stopped.is_set():
            try:
                os.write(self._pipe, pcm[first : first + step].ljust(step, b"\0"))
                first += step
            except BlockingIOError:  # nobody records
                started += _STEP_S
            self._stopped.wait(max(0.0, started + first / step * _STEP_S - time.monotonic()))


@pytest.fixture
def microphone(tmp_path: Path) -> Iterator[FakeMicrophone]:
    if not Path("/usr/share/alsa/alsa.conf").exists():
        require.missing("ALSA", "apt-get install libportaudio2 libasound2-data")
    device = FakeMicrophone(tmp_path)
    yield device
    device.close()
