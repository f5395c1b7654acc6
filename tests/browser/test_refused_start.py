"""A talk that cannot begin: the page says why, and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.scripted_server import ScriptedServer


def refuse_microphone(name: str) -> str:
    return f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{name}'); }};"


@pytest.mark.parametrize(
    ("exception", "problem", "advice"),
    [
        ("NotAllowedError", "denied", "allow the microphone"),
        ("NotFoundError", "noneFound", "Connect one"),
        ("NotReadableError", "inUse", "Close other programs"),
    ],
)
def test_a_microphone_that_cannot_be_had_is_explained(
    server: ScriptedServer, open_page: OpenPage, hum: Path, exception: str, problem: str, advice: str
) -> None:
    page = open_page(server.url, hum, script=refuse_microphone(exception))

    page.toggle()

    assert advice in page.wait_problem(problem)
    page.wait_state("idle")
    assert page.page.inner_text("#toggle") == "Start"


def test_an_insecure_address_says_where_to_go_instead(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    insecure = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });"
    page = open_page(server.url, hum, script=insecure)

    words = page.wait_problem("insecure")

    assert f"http://localhost:{server.port}" in words
    assert "https://127.0.0.1" in words
    assert f"ssh -L {server.port}:localhost:{server.port} 127.0.0.1" in words


def test_a_browser_that_is_too_old_is_told_so(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, script="delete globalThis.WebSocket;")
    assert "WebSocket" in page.wait_problem("oldBrowser")
    assert page.page.is_disabled("#toggle")


def test_audio_that_does_not_start_is_explained(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, script="AudioContext.prototype.resume = () => new Promise(() => {});")
    page.toggle()
    assert "sound output" in page.wait_problem("noAudio")
    page.wait_state("idle")
    assert server.visits.empty() and page.page.inner_text("#toggle") == "Start"
