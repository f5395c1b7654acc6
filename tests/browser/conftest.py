"""A real Chromium with a recording as its microphone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.support.scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    scripted.start()
    yield scripted
    scripted.stop()


@pytest.fixture(scope="session")
def hum(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of a tone: a microphone that always hears something."""
    import numpy as np
    import soundfile

    path = tmp_path_factory.mktemp("sounds") / "hum.wav"
    time_s = np.arange(120 * 48_000) / 48_000
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * 220 * time_s), 48_000, "PCM_16")
    return path
