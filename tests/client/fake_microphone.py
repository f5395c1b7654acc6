"""A microphone without hardware."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import soundfile

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
