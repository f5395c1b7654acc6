"""A real Chromium with a recording as its microphone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.support.listener_page import ListenerPage, opening_pages
from tests.browser.support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from playwright.sync_api import Playwright


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def idle_page(playwright: Playwright, hum: Path) -> Iterator[ListenerPage]:
    """A page on which nobody speaks, shared by the tests of a module that only call functions of the page's modules."""
    with ScriptedServer() as server, opening_pages(playwright) as open_page:
        yield open_page(server.url, hum)


@pytest.fixture(scope="session")
def hum(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of a tone: a microphone that always hears something."""
    import numpy as np
    import soundfile

    path = tmp_path_factory.mktemp("sounds") / "hum.wav"
    time_s = np.arange(120 * 48_000) / 48_000
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * 220 * time_s), 48_000, "PCM_16")
    return path
