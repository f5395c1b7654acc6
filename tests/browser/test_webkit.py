"""The page in WebKitGTK, the nearest to Safari that Debian has: without a microphone, which it was not given here."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support import webkit
from tests.browser.support.scripted_server import ScriptedServer
from tests.support.require import binary

_HISTORY = """(async () => {
  const { TalkStore } = await import("/static/history/talk-store.js");
  const store = new TalkStore();
  const talk = { id: "s1", startedAt: 1, name: "kept" };
  await store.put(talk, [{ seq: 1, text: "Before." }]);
  await store.put(talk, [{ seq: 2, text: "After." }]);
  return (await store.load("s1")).records.map(({ text }) => text).join(" ");
})()"""


def test_the_page_runs_in_webkit(server: ScriptedServer, tmp_path: Path) -> None:
    driver, screen = binary("WebKitWebDriver", webkit.DRIVER_HINT), binary("Xvfb", webkit.SCREEN_HINT)
    with webkit.running(driver, screen, tmp_path) as browser:
        # When the page is opened, expect its modules to run, without a complaint
        browser.open(server.url)
        assert browser.evaluate("document.querySelector('#toggle').innerText.trim()") == "Start"
        assert browser.evaluate("document.querySelector('#problem').hidden")
        # Expect the settings to open
        browser.evaluate("document.querySelector('#settings-open').click()")
        browser.wait("document.querySelector('#settings').open")
        assert browser.evaluate("document.querySelector('#settings-history').value") == "30"
        # Expect the history to be kept
        assert browser.evaluate(_HISTORY) == "Before. After."
