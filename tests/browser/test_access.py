"""Keys and deletion on the page: the real web service with a real Redis; nobody needs to be understood here."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.fastapi_service.web_service import MakeWeb
from tests.support.wait import wait_until
from wta.keys import hash_secret, new_key

KEY = new_key()


def answer_with(page: ListenerPage, key: str) -> None:
    page.page.wait_for_selector("#ask[open] .ask-input")
    page.page.keyboard.type(key)
    page.page.keyboard.press("Enter")


def sessions(client: redis.Redis) -> list[bytes]:
    return [key for key in client.scan_iter("session:*") if not key.endswith(b":events")]


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_a_key_is_asked_for_once(
    make_web: MakeWeb, open_page: OpenPage, redis_client: redis.Redis, hum: Path, locale: str
) -> None:
    # Given a server that wants a key
    page = open_page(make_web(api_keys=f"anna:{hash_secret(KEY)}").http_url, hum, locale=locale, bypass_csp=True)
    # When somebody presses Start
    page.toggle()
    page.page.wait_for_selector("#ask[open]")
    assert violations(page) == []
    # Expect a wrong key to be refused, and the right one to be taken
    answer_with(page, "not the key")
    page.page.wait_for_selector("#ask[open] .ask-problem:not(:empty)")
    assert sessions(redis_client) == []
    page.complaints.clear()  # the browser itself reports the 401

    answer_with(page, KEY)
    page.wait_state("open")
    page.toggle()
    page.wait_state("done")
    # Expect the next talk, and the page loaded again, to ask nothing
    page.toggle()  # the second talk asks nothing
    page.wait_state("open")
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    page.toggle()  # nor does a page that was loaded again in this tab
    page.wait_state("open")
    # Expect the key to be kept nowhere
    assert KEY not in page.page.content() and page.page.evaluate("localStorage.length") == 0
    assert page.complaints == []


def test_who_has_no_key_is_told_so(
    make_web: MakeWeb, open_page: OpenPage, redis_client: redis.Redis, hum: Path
) -> None:
    page = open_page(make_web(api_keys=f"anna:{hash_secret(KEY)}").http_url, hum)
    page.toggle()
    page.page.wait_for_selector("#ask[open]")
    page.page.keyboard.press("Escape")
    assert "credential" in page.wait_problem("unauthorized")
    page.wait_state("idle")
    assert sessions(redis_client) == [] and page.complaints == []


def test_a_running_talk_is_deleted_by_keyboard(
    make_web: MakeWeb, open_page: OpenPage, redis_client: redis.Redis, hum: Path
) -> None:
    # Given a running talk
    page = open_page(make_web().http_url, hum, bypass_csp=True)
    page.toggle()
    page.wait_state("open")
    # When its deletion is asked for by keyboard, and not confirmed
    page.page.focus(".talk-delete")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#ask[open]")
    assert violations(page) == []
    for _ in range(5):  # at once: the browser's word of the last closing comes when the window is open again
        page.page.keyboard.press("Escape")
        page.page.keyboard.press("Enter")
    page.page.keyboard.press("Escape")
    # Expect it to be there
    assert len(sessions(redis_client)) == 1, "asked, and not confirmed"

    # When it is confirmed
    page.page.keyboard.press("Enter")
    page.page.click("#ask .ask-yes")
    # Expect the talk to be over, and nothing of it on the server
    assert "no longer on the server" in page.wait_problem("deleted")
    page.wait_state("failed")
    assert page.page.inner_text("#toggle") == "Start"
    page.page.wait_for_selector(".note:has-text('Deleted from the server')")
    assert page.page.locator(".talk-delete").count() == 0
    assert not list(redis_client.scan_iter("session:*")) and page.complaints == []


def test_a_finished_talk_is_deleted(
    make_web: MakeWeb, open_page: OpenPage, redis_client: redis.Redis, hum: Path
) -> None:
    page = open_page(make_web().http_url, hum)
    page.toggle()
    page.wait_state("open")
    page.toggle()
    page.wait_state("done")
    page.page.click(".talk-delete")
    page.page.click("#ask .ask-yes")
    page.page.wait_for_selector(".note:has-text('Deleted from the server')")
    wait_until(lambda: not list(redis_client.scan_iter("session:*")), 5, "it is still there")
    assert page.page.is_hidden("#problem") and page.complaints == []


def test_a_talk_that_is_too_long_ends_in_words(make_web: MakeWeb, open_page: OpenPage, hum: Path) -> None:
    page = open_page(make_web(max_session_s=2).http_url, hum)
    page.toggle()
    assert "as long as the server lets" in page.wait_problem("sessionOver")
    page.wait_state("done")
    assert page.page.inner_text("#toggle") == "Start" and page.complaints == []
