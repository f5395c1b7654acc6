"""A phone: touch, 360 × 740, both languages, every control of the page at least once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import MULTILINGUAL, ScriptedServer, Visit
from tests.support.wait import wait_until

_CONTROLS = "button, select, input, summary, a[href]"
_NAMED = "(each) => each.id || each.name || [...each.classList].at(-1) || each.parentElement.id || each.localName"
_WATCH = f"""
globalThis.used = new Set();
const name = {_NAMED};
for (const kind of ["click", "change"]) addEventListener(kind, ({{ target }}) => {{
  const control = target.closest?.("{_CONTROLS}");
  if (control) used.add(name(control));
}}, true);
"""
_ELSEWHERE = {"skip", "certificate", "ask-input", "export-select"}
"""By keyboard (test_for_everybody), behind Caddy (test_compose), where keys are asked for (test_access), with several
talks (test_transcript)."""


def unused(page: ListenerPage) -> set[str]:
    """Controls of the page that nobody has touched."""
    names = page.page.evaluate(f"[...document.querySelectorAll('{_CONTROLS}')].map({_NAMED})")
    return set(names) - set(page.page.evaluate("[...used]")) - _ELSEWHERE


def settings_by_touch(page: ListenerPage) -> None:
    tap = page.page.tap
    tap("#settings-open")
    page.page.select_option("#settings-among", ["en", "ko"])
    page.page.select_option("#settings-spoken", "ko")
    page.page.select_option("#settings-task", "translate")
    for slider in ("#settings-endpoint", "#settings-unsure"):
        box = page.page.locator(slider).bounding_box()
        assert box is not None
        tap(slider, position={"x": box["width"] * 0.8, "y": box["height"] / 2})
    for check in ("words", "noise", "gain", "echo"):
        tap(f"#settings-{check}")
    page.page.select_option("#settings-microphone", index=0)
    page.page.select_option("#settings-history", "7")
    for theme in ("dark", "light", "system"):
        tap(f"[name=theme][value={theme}]")
    chosen = page.page.evaluate("Object.keys(JSON.parse(localStorage.getItem('wta.settings'))).sort()")
    assert chosen == [
        "among",
        "echo",
        "endpointMs",
        "gain",
        "historyDays",
        "noise",
        "spoken",
        "task",
        "unsure",
        "words",
    ]
    tap("#settings-reset")
    tap("#settings-done")
    tap("#settings-open")
    tap("#settings-close")


def begin_by_touch(server: ScriptedServer, page: ListenerPage) -> Visit:
    """With a server that is full at first."""
    page.page.tap("#toggle")
    full = server.visit()
    full.say("error", code="full", message="Full.", retryable=True)
    full.close(1013)
    page.wait_problem("full")
    page.page.tap(".problem-retry")
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    page.wait_state("open")
    page.page.select_option("#microphone", index=1)
    return visit


def transcript_by_touch(page: ListenerPage, visit: Visit) -> None:
    tap, see = page.page.tap, page.page.wait_for_selector
    for seq in range(1, 16):
        visit.utterance(seq, f"Sentence number {seq}, in so many words.", "POSITIVE")
    see(".card[data-seq='15'][data-mood]")
    tap(".card[data-seq='15'] summary")
    see(".card[data-seq='15'] .details-part")
    tap("#copy")
    wait_until(lambda: "15" in page.page.evaluate("navigator.clipboard.readText()"), 5, "nothing was copied")
    export_by_touch(page)
    page.page.mouse.wheel(0, -5000)
    wait_until(lambda: page.page.evaluate("scrollY") == 0, 5, "the page did not scroll")
    visit.utterance(16, "One more.", "NEGATIVE")
    see("#latest:visible")
    tap("#latest")
    before = page.page.get_attribute("html", "lang")
    tap("#language")
    assert page.page.get_attribute("html", "lang") != before
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360


def export_by_touch(page: ListenerPage) -> None:
    tap = page.page.tap
    tap("#save")
    for extension in ("json", "srt"):
        tap(f"#export [value={extension}]")
    tap(".export-moods")
    tap(".export-copy")
    wait_until(lambda: "-->" in page.page.evaluate("navigator.clipboard.readText()"), 5, "nothing was copied")
    with page.page.expect_download() as download:
        tap("#export [type=submit]")
    assert download.value.suggested_filename.endswith(".srt")


def captions_by_touch(page: ListenerPage) -> None:
    link = {"token": "t", "path": "captions/s1#t", "expires_in_s": 60}
    page.page.route(
        "**/api/sessions/*/link",
        lambda route: route.fulfill(json=link) if route.request.method == "POST" else route.fulfill(status=204),
    )
    page.page.tap("#captions-open")
    page.page.wait_for_selector(".captions-end:enabled")
    for part in ("address", "copy", "end"):
        page.page.tap(f".captions-{part}")
    page.page.tap("#captions .sheet-close")


def files_by_touch(page: ListenerPage) -> None:
    for button in ("#empty-file", "#open-file"):
        with page.page.expect_file_chooser():
            page.page.tap(button)


def history_by_touch(page: ListenerPage) -> None:
    tap, see = page.page.tap, page.page.wait_for_selector
    tap("#history-open")
    tap(".kept-rename")
    page.page.fill(".kept-name", "A day in March")
    tap(".kept-form [type=submit]")
    see(".kept-title:has-text('A day in March')")
    tap(".kept-export")
    tap("#export .sheet-close")
    for switch in (".kept-delete", ".history-clear", ".history-kept"):
        tap(switch)
        tap("#ask .ask-no")
    tap(".kept-open")
    page.page.wait_for_selector("#history", state="hidden")


def end_by_touch(server: ScriptedServer, page: ListenerPage, visit: Visit) -> None:
    """After a break, which costs nothing."""
    visit.close(1012)
    again = server.visit()
    again.ready(next_sample=0)
    page.wait_state("open")
    page.page.tap("#toggle")
    again.wait_text("stop")
    again.done()
    page.wait_state("done")
    assert page.settled.count() == 16


def delete_by_touch(page: ListenerPage) -> None:
    for answer in (".ask-no", ".ask-yes"):
        page.page.tap(".talk-delete")
        page.page.tap(f"#ask {answer}")
    page.page.wait_for_selector(".note")


def problem_by_touch(server: ScriptedServer, page: ListenerPage) -> None:
    page.page.tap("#toggle")
    visit = server.visit()
    visit.ready()
    visit.say("error", code="taken_over", message="Elsewhere.", retryable=False)
    visit.close(4400)
    page.wait_problem("takenOver")
    page.page.tap(".problem-close")
    assert page.page.is_hidden("#problem")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_every_control_works_by_touch(server: ScriptedServer, open_page: OpenPage, hum: Path, locale: str) -> None:
    server.speech = MULTILINGUAL
    page = open_page(
        server.url, hum, locale=locale, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True,
        permissions=["microphone", "clipboard-read", "clipboard-write"], script=_WATCH,
    )  # fmt: skip
    settings_by_touch(page)
    files_by_touch(page)
    visit = begin_by_touch(server, page)
    transcript_by_touch(page, visit)
    captions_by_touch(page)
    end_by_touch(server, page, visit)
    history_by_touch(page)
    delete_by_touch(page)
    problem_by_touch(server, page)
    assert unused(page) == set(), "every control of the page is to be used here"
    page.complaints = [
        each for each in page.complaints if "404" not in each
    ]  # the scripted server has nothing to delete
    assert page.complaints == []
