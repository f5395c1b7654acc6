"""Words on the page: order, gaps, live text, figures, taking them along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import ScriptedServer, Visit
from tests.support.wait import wait_until


@pytest.fixture
def talk(server: ScriptedServer, open_page: OpenPage, hum: Path) -> tuple[ListenerPage, Visit]:
    """A page that listens."""
    page = open_page(server.url, hum, permissions=["microphone", "clipboard-read", "clipboard-write"])
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    return page, visit


def named(seq: int) -> dict[str, object]:
    return {"utterance_id": f"s1:{seq}", "seq": seq}


def wait_texts(page: ListenerPage, expected: list[str]) -> None:
    wait_until(lambda: page.texts() == expected, 10, f"expected {expected}")


def test_sentences_stand_in_order_with_gaps_pending(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    visit.utterance(3, "Third.", "POSITIVE")
    wait_texts(page, ["Writing this down…", "Writing this down…", "Third."])
    visit.utterance(1, "First.", "NEUTRAL")
    visit.say("no_speech", **named(2), event_id="2-1")
    wait_texts(page, ["First.", "Third."])


def test_stable_words_are_solid_and_the_card_stays_where_it_is(talk: tuple[ListenerPage, Visit]) -> None:
    # Given a card of a sentence that has begun
    page, visit = talk
    visit.utterance(1, "Before.", "NEUTRAL")
    visit.say("speech_started", **named(2), at=4.0)
    wait_texts(page, ["Before.", "Listening…"])
    card = page.page.wait_for_selector(".card[data-seq='2']")
    assert card is not None
    place = card.bounding_box()

    # When words come, expect the stable ones to look solid
    visit.say("partial", **named(2), text="It was a loving day", stable_chars=8)
    wait_until(lambda: card.query_selector(".solid").inner_text() == "It was a", 10, "no stable words")  # type: ignore[union-attr]
    assert card.query_selector(".pale").inner_text().strip() == "loving day"  # type: ignore[union-attr]
    # When the text settles, expect the card to stay where it is
    visit.utterance(2, "It was a lovely day.")
    wait_texts(page, ["Before.", "It was a lovely day."])
    assert "Feeling…" in card.inner_text()
    assert card.bounding_box() == place
    # When the sentiment comes, expect the card to stay where it is
    visit.say("sentiment", **named(2), label="POSITIVE", score=0.97, scores={}, event_id="3-0")

    page.page.wait_for_selector(".card[data-seq='2'][data-mood=POSITIVE]")
    assert card.bounding_box() == place
    # Expect a word, an icon and a figure: colour is not alone
    assert card.query_selector(".mood").inner_text().split() == ["Positive", "97", "%"]  # type: ignore[union-attr]
    assert card.query_selector(".mood use").get_attribute("href") == "#icon-positive"  # type: ignore[union-attr]


def test_a_late_partial_does_not_undo_a_settled_sentence(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    visit.utterance(1, "Settled.", "NEUTRAL")
    visit.say("partial", **named(1), text="Settle", stable_chars=0)
    visit.utterance(2, "Next.", "NEUTRAL")
    wait_texts(page, ["Settled.", "Next."])


def test_a_sentence_without_a_rating_says_so(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    visit.utterance(1, "안녕하세요.")
    visit.say("sentiment", **named(1), label=None, score=None, reason="not English", event_id="1-3")
    none = page.page.wait_for_selector(".mood-none")
    assert none is not None and (none.inner_text(), none.get_attribute("title")) == ("No rating", "not English")


def test_only_settled_sentences_are_read_out_once(talk: tuple[ListenerPage, Visit]) -> None:
    # When words come live, expect nothing to be read out
    page, visit = talk
    region = page.page.locator("#announcer[aria-live=polite]")
    visit.say("speech_started", **named(1), at=1.0)
    visit.say("partial", **named(1), text="It was", stable_chars=2)
    page.page.wait_for_selector(".solid:has-text('It')")
    assert region.inner_text() == ""
    # When sentences settle, one of them twice, expect each to be read out once
    for _ in range(2):
        visit.utterance(1, "It was fine.", "POSITIVE")
    visit.utterance(2, "Then it rained.", "NEGATIVE")
    wait_until(lambda: "rained" in region.inner_text(), 10, "not read out")
    assert region.locator("p").all_inner_texts() == ["It was fine. Positive.", "Then it rained. Negative."]
    # Expect no other live region to speak of the transcript
    assert page.page.locator("#transcript :is([aria-live], [role=log], [role=status], [role=alert])").count() == 0


def test_the_page_says_where_an_english_only_model_heard_another_language(talk: tuple[ListenerPage, Visit]) -> None:
    # When one of two sentences was probably no English
    page, visit = talk
    visit.utterance(1, "It was fine.", "POSITIVE", language="en")
    visit.utterance(2, "I am not sure if I can.", foreign=True)
    wait_texts(page, ["It was fine.", "I am not sure if I can."])
    # Expect its card, and no other, to say so
    assert page.page.is_hidden(".card[data-seq='1'] .card-note")
    assert page.page.inner_text(".card[data-seq='2'] .card-note").startswith("This was probably not English")


def test_the_figures_of_a_talk(talk: tuple[ListenerPage, Visit]) -> None:
    # When four sentences have their mood
    page, visit = talk
    for seq, label in enumerate(["POSITIVE", "POSITIVE", "NEGATIVE", "NEUTRAL"], start=1):
        visit.utterance(seq, "Four words are here.", label, 0.9)
    page.page.wait_for_selector(".card[data-seq='4'][data-mood]")

    # Expect words, pace, shares and the ribbon to tell of them
    assert page.page.inner_text("[data-stat=words]") == "16"
    assert page.page.inner_text("[data-stat=wpm]") == "120"  # 16 words in 4 × 2 s
    shares = page.page.locator(".share-value").all_inner_texts()
    assert shares == ["50 %", "25 %", "25 %"]
    ribbon = page.page.locator("#ribbon")
    assert ribbon.locator("rect").count() == 4
    label = ribbon.get_attribute("aria-label")
    assert label == "Mood over time: 2 positive, 1 neutral, 1 negative. Lately it falls."


def test_stages_and_words_are_shown_on_demand(talk: tuple[ListenerPage, Visit]) -> None:
    # Given a sentence with times of its stages and words
    page, visit = talk
    timings = {"captured": 1000.0, "cut": 1000.4, "stt_start": 1000.5, "stt_end": 1001.25}
    visit.utterance(1, "Hello there.", timings=timings, words=[{"word": " Hello", "start": 3.1, "end": 3.4}])
    visit.say("sentiment", **named(1), label="NEUTRAL", score=0.8, scores={"NEUTRAL": 0.8}, model="m", event_id="1-3")
    page.page.wait_for_selector(".card[data-mood]")
    # When its details are opened by keyboard
    page.page.focus(".card summary")
    page.page.keyboard.press("Enter")

    page.page.wait_for_selector(".details-part")
    # Expect the times and the scores
    details = " ".join(page.page.inner_text(".card-details").split())
    assert "text ready 1.25 s" in details
    assert "Hello 3.10 s" in details
    assert "Neutral 80.0 %" in details


def test_a_translation_says_so_and_a_missing_rating_why(talk: tuple[ListenerPage, Visit]) -> None:
    # When a translated sentence comes and one that is not rated
    page, visit = talk
    visit.utterance(1, "This is wonderful.", "POSITIVE", language="ko", translated=True)
    visit.utterance(2, "Das ist wunderbar.", language="de")
    visit.say("sentiment", **named(2), label=None, score=None, reason="It is not in English.", event_id="2-3")
    # Expect a note at the first alone
    page.page.wait_for_selector(".card[data-seq='1'] .card-note:has-text('Translated from Korean')")
    page.page.wait_for_selector(".card[data-seq='2'] .mood-none")
    assert page.page.locator(".card[data-seq='2'] .card-note").is_hidden()
    # Expect the details of the second to say why
    page.page.locator(".card[data-seq='2'] summary").click()

    page.page.wait_for_selector(".card[data-seq='2'] .details-part")
    details = " ".join(page.page.inner_text(".card[data-seq='2'] .card-details").split())
    assert "spoken German" in details and "no rating It is not in English." in details


def test_everything_can_be_copied_and_saved(talk: tuple[ListenerPage, Visit]) -> None:
    # Given a sentence
    page, visit = talk
    visit.utterance(1, "Good morning.", "POSITIVE", 0.9)
    page.page.wait_for_selector(".card[data-mood]")
    # When the talk is copied, and saved
    page.page.click("#copy")
    page.page.wait_for_selector("#copy:has-text('Copied')")
    copied = page.page.evaluate("navigator.clipboard.readText()")
    page.page.click("#save")
    with page.page.expect_download() as download:
        page.page.click("#export .ask-yes")

    # Expect the same text in both
    assert copied.splitlines()[1:] == ["[0:03] Good morning. (Positive 90 %)"]
    saved = download.value
    assert saved.suggested_filename.startswith("talk 20") and saved.suggested_filename.endswith(".txt")
    assert Path(saved.path()).read_text(encoding="utf-8").strip() == copied.strip()


def test_the_page_opens_at_its_top(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, viewport={"width": 360, "height": 500})
    page.page.wait_for_timeout(300)  # long enough for what would scroll it
    assert page.page.evaluate("[scrollY, document.documentElement.scrollHeight > innerHeight]") == [0, True]


def test_a_long_talk_stays_in_view_unless_the_reader_scrolls_away(talk: tuple[ListenerPage, Visit]) -> None:
    # When more sentences come than fit, expect the newest in sight
    page, visit = talk
    for seq in range(1, 31):
        visit.utterance(seq, f"This is sentence number {seq}.", "NEUTRAL")
    wait_until(lambda: page.settled.count() == 30, 20, "not every sentence came")
    newest = page.page.locator(".card[data-seq='30']")
    wait_until(lambda: fully_visible(page, newest), 10, "the newest sentence is hidden")

    # When the reader scrolls away and one more comes, expect the page to stay, and a button
    page.page.mouse.wheel(0, -5000)
    wait_until(lambda: page.page.evaluate("scrollY") == 0, 10, "the page did not scroll")
    visit.utterance(31, "One more.", "NEUTRAL")
    page.page.wait_for_selector("#latest:visible")
    assert page.page.evaluate("scrollY") == 0
    # When the button is pressed, expect the newest in sight
    page.page.click("#latest")
    wait_until(lambda: fully_visible(page, page.page.locator(".card[data-seq='31']")), 10, "the button did nothing")


def fully_visible(page: ListenerPage, locator: object) -> bool:
    """Above the dock, below the upper edge."""
    box = locator.bounding_box()  # type: ignore[attr-defined]
    dock = page.page.locator(".dock").bounding_box()
    return bool(box and dock and box["y"] >= 0 and box["y"] + box["height"] <= dock["y"])
