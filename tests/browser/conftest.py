"""A real Chromium with a recording as its microphone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.listener_page import CHROMIUM_HINT, ListenerPage, chromium_flags
from tests.browser.scripted_server import ScriptedServer
from tests.support.require import binary, module

OpenPage = Callable[..., ListenerPage]


@pytest.fixture
def open_page() -> Iterator[OpenPage]:
    """Call it with an address, a WAV and what else `ListenerPage.open` takes; each call is a browser of its own."""
    module("playwright", "pip install -r requirements-dev.txt")
    from playwright.sync_api import sync_playwright

    chromium = binary("chromium", CHROMIUM_HINT)
    with sync_playwright() as playwright:
        browsers = []

        def open_(url: str, wav: Path, **options: object) -> ListenerPage:
            browser = playwright.chromium.launch(executable_path=chromium, args=chromium_flags(wav))
            browsers.append(browser)
            return ListenerPage.open(browser, url, **options)  # type: ignore[arg-type]

        yield open_
        for browser in browsers:
            browser.close()


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
