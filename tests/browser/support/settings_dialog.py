"""The settings as a reader uses them."""

from __future__ import annotations

from tests.browser.support.listener_page import ListenerPage


def open_settings(page: ListenerPage) -> None:
    page.page.click("#settings-open")
    page.page.wait_for_selector("#settings[open]")


def set_range(page: ListenerPage, name: str, value: int) -> None:
    page.page.fill(f"#settings-{name}", str(value))
