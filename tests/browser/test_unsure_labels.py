"""Labels of which the model is not sure, shown as the reader has set it."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.scripted_server import ScriptedServer
from tests.browser.support.settings_dialog import open_settings, set_range
from tests.support.wait import wait_until


def test_unsure_labels_are_shown_and_counted_as_neutral(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    for seq, (label, score) in enumerate([("POSITIVE", 0.95), ("POSITIVE", 0.55), ("NEGATIVE", 0.59)], start=1):
        visit.utterance(seq, f"Sentence {seq}.", label, score)
    page.page.wait_for_selector(".card[data-seq='3'][data-mood]")
    assert page.moods() == ["POSITIVE", "POSITIVE", "NEGATIVE"]
    shares = page.page.locator(".share-value")
    assert shares.all_inner_texts() == ["67 %", "0 %", "33 %"]

    # When the reader asks for more certainty
    open_settings(page)
    assert page.page.inner_text("output[for=settings-unsure]") == "never"
    set_range(page, "unsure", 60)

    # Expect what is there already and what comes to be judged by it, everywhere
    assert page.moods() == ["POSITIVE", "NEUTRAL", "NEUTRAL"]
    page.page.keyboard.press("Escape")
    visit.utterance(4, "Sentence 4.", "NEGATIVE", 0.4)
    page.page.wait_for_selector(".card[data-seq='4'][data-mood=NEUTRAL]")
    assert page.page.locator(".mood").all_inner_texts()[1].split() == ["Unsure"]
    assert shares.all_inner_texts() == ["25 %", "75 %", "0 %"]
    assert page.page.locator("#ribbon rect.bar-NEUTRAL").count() == 3
    label = page.page.get_attribute("#ribbon", "aria-label")
    assert label is not None and "1 positive, 3 neutral, 0 negative" in label
    wait_until(lambda: "Sentence 4. Unsure." in page.page.inner_text("#announcer"), 5, "not read out")
    # Expect the details to hold what the model said
    page.page.click(".card[data-seq='2'] summary")
    page.page.wait_for_selector(".card[data-seq='2'] .details-part")
    assert "Positive 55.0 %" in " ".join(page.page.inner_text(".card[data-seq='2'] .card-details").split())

    # When the reader asks for less again, expect the model's own labels
    open_settings(page)
    set_range(page, "unsure", 50)
    assert page.moods() == ["POSITIVE", "POSITIVE", "NEGATIVE", "NEGATIVE"]


def test_a_neutral_that_is_none_for_sure_has_no_score(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # When a surely neutral sentence comes and one that is neutral for want of certainty
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    for seq, score in enumerate((0.8, 0.3), start=1):
        visit.utterance(seq, f"Sentence {seq}.", "NEUTRAL", score)
    page.page.wait_for_selector(".card[data-seq='2'][data-mood]")
    # Expect a score at the first alone
    assert [" ".join(text.split()) for text in page.page.locator(".mood").all_inner_texts()] == [
        "Neutral 80 %",
        "Neutral",
    ]
