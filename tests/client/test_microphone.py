"""The microphone, through PortAudio and ALSA."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.client.fake_microphone import RATE_HZ, FakeMicrophone
from tests.support import require
from tests.support.processes import ROOT

RECORD = """
import asyncio, sys
from wta.client.microphone import Microphone

async def record():
    microphone, blocks = Microphone({device}), []
    print(microphone.sample_rate_hz, flush=True)
    async for block in microphone.blocks():
        blocks.append(block)
        if len(blocks) == 100:
            microphone.stop()
    assert microphone.dropped_blocks == 0
    open(sys.argv[1], "wb").write(b"".join(blocks))

asyncio.run(record())
"""


def record(path: Path, env: dict[str, str], device: str = "") -> subprocess.CompletedProcess[str]:
    """Record in a process of its own, because PortAudio reads ALSA's configuration once."""
    require.module("sounddevice", "pip install sounddevice")
    return subprocess.run(
        [sys.executable, "-c", RECORD.format(device=device), str(path)],
        cwd=ROOT, env=os.environ | env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_microphone_records_what_the_device_hears(microphone: FakeMicrophone, tmp_path: Path) -> None:
    # Given a device that hears noise
    rng = np.random.default_rng(1)
    spoken = (rng.integers(-20000, 20000, 2 * RATE_HZ) | 1).astype("<i2")  # no sample is zero
    soundfile.write(tmp_path / "noise.wav", spoken, RATE_HZ)
    microphone.hear(tmp_path / "noise.wav")
    # When it is recorded
    answer = record(tmp_path / "recorded.raw", microphone.env)

    # Expect the noise at the device's rate, and then the silence that follows
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == f"{RATE_HZ}\n"
    recorded = np.fromfile(tmp_path / "recorded.raw", "<i2")
    heard = recorded[np.flatnonzero(recorded)[0] :]
    assert np.count_nonzero(heard) > RATE_HZ  # PortAudio takes a little of it while it looks at the device
    assert len(recorded) >= 5 * RATE_HZ


def test_a_missing_microphone_is_said_in_words(microphone: FakeMicrophone, tmp_path: Path) -> None:
    answer = record(tmp_path / "none.raw", microphone.env, "'no such device'")

    assert "AudioError: No microphone was found" in answer.stderr


def test_a_missing_portaudio_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from wta.client import microphone
    from wta.errors import AudioError

    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(AudioError, match="PortAudio is missing: apt-get install libportaudio2"):
        microphone.Microphone()
