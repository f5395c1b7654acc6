"""Audio to speak, and a microphone without hardware."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.client.fake_microphone import FakeMicrophone
from tests.support import require
from tests.support.speech import recorded_clips


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


@pytest.fixture
def microphone(tmp_path: Path) -> Iterator[FakeMicrophone]:
    if not Path("/usr/share/alsa/alsa.conf").exists():
        require.missing("ALSA", "apt-get install libportaudio2 libasound2-data")
    device = FakeMicrophone(tmp_path)
    yield device
    device.close()
