"""The page as a reader sees it, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.require import binary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Playwright

CHROMIUM_HINT = "apt-get install chromium"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip

# Chromium's fake sound card has one rate; this is what a card of another rate looks like to the page.
_SOUND_CARD = """
const Real = globalThis.AudioContext;
globalThis.AudioContext = class extends Real {
  constructor(options = {}) { super({ sampleRate: RATE, ...options }); }
};
"""
_NO_WORKLET = """
delete globalThis.AudioWorkletNode;
delete globalThis.AudioWorklet;
delete BaseAudioContext.prototype.audioWorklet;
"""


def chromium_flags(wav: Path) -> list[str]:
    return [*_FLAGS, f"--use-file-for-fake-audio-capture={wav}%noloop"]


class ListenerPage:
    """One browser with one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    @classmethod
    def open(
        cls,
        browser: Browser,
        url: str,
        *,
        rate_hz: int = 48_000,
        worklet: bool = True,
        script: str = "",
        **context: Any,
    ) -> ListenerPage:
        """`rate_hz`: of the sound card; `script`: runs before the page's own; the rest goes to the browser context."""
        page = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1180, "height": 820}} | context
        ).new_page()
        page.add_init_script(_SOUND_CARD.replace("RATE", str(rate_hz)))
        if not worklet:
            page.add_init_script(_NO_WORKLET)
        if script:
            page.add_init_script(script)
        opened = cls(page)
        page.goto(url)
        page.wait_for_selector("html[data-ready]")
        return opened

    def toggle(self) -> None:
        """Press the big button."""
        self.page.click("#toggle")

    @property
    def cards(self) -> Locator:
        return self.page.locator(".card")

    @property
    def settled(self) -> Locator:
        return self.page.locator(".card[data-state=settled]")

    def texts(self) -> list[str]:
        return self.page.locator(".card-text").all_inner_texts()

    def words(self) -> str:
        """All settled text."""
        return " ".join(self.settled.locator(".card-text").all_inner_texts())

    def moods(self) -> list[str]:
        """POSITIVE, NEGATIVE or NEUTRAL of each card that has one."""
        return [mood for card in self.cards.all() if (mood := card.get_attribute("data-mood"))]

    def wait_state(self, state: str, timeout_s: float = 20) -> None:
        self.page.wait_for_selector(f"#state[data-state={state}]", timeout=timeout_s * 1000)

    def wait_problem(self, problem: str, timeout_s: float = 20) -> str:
        """The problem's words."""
        box = self.page.wait_for_selector(f"#problem[data-problem={problem}]", timeout=timeout_s * 1000)
        assert box is not None
        return box.inner_text()

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "WebSocket connection" not in text:  # a server that is away is the test's own doing
            self.complaints.append(text)


OpenPage = Callable[..., ListenerPage]


@contextmanager
def opening_pages(playwright: Playwright) -> Iterator[OpenPage]:
    """A function that opens a page in a browser of its own; all browsers are closed at the end."""
    chromium = binary("chromium", CHROMIUM_HINT)
    browsers = []

    def open_page(url: str, wav: Path, **options: object) -> ListenerPage:
        browser = playwright.chromium.launch(executable_path=chromium, args=chromium_flags(wav))
        browsers.append(browser)
        return ListenerPage.open(browser, url, **options)  # type: ignore[arg-type]

    try:
        yield open_page
    finally:
        for browser in browsers:
            browser.close()
