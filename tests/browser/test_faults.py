"""What the page does when something goes wrong: a scripted server, a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.scripted_server import ScriptedServer
from tests.support.wait import wait_until


def test_a_full_server_is_tried_again(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a server that is full
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.say("error", code="full", message="Try again in 10 s.", retryable=True)
    first.close(1013)

    # Expect words, and another try
    page.wait_state("full")
    assert "takes no more speakers" in page.wait_problem("full")
    assert "next try in" in page.page.inner_text("#state")
    # When there is room, expect the talk to begin, with what was said meanwhile
    page.page.click(".problem-retry")

    second = server.visit()
    second.ready()
    page.wait_state("open")
    assert page.page.is_hidden("#problem")
    second.wait_audio(1)  # what was said while the server was full is not lost


def test_a_server_that_is_away_is_found_again(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a page whose server goes away
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.wait_audio(0.5)
    server.stop()
    page.wait_state("waiting")
    assert "cannot be reached" in page.wait_problem("away")

    # When it comes back
    server.start()

    # Expect the page to resume the session, with everything that was not acknowledged
    again = server.visit()
    again.ready(next_sample=0)
    page.wait_state("open")
    assert again.start["resume_token"] == "token-s1"
    again.wait_audio(1)
    assert again.audio[: len(visit.audio)] == visit.audio


def test_unacknowledged_audio_is_sent_again_from_the_wanted_sample(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk of which the server has acknowledged a part, with an event seen
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.ready()
    first.utterance(1, "The first sentence.", "POSITIVE")
    first.wait_audio(1.5)
    acked = 24_001  # in the middle of a frame
    first.say("ack", sample=acked)
    page.page.wait_for_selector(".card[data-mood=POSITIVE]")

    # When the connection breaks and the server wants to go on there
    first.close(1012)
    second = server.visit()
    second.ready(next_sample=acked)
    second.wait_audio(2)

    # Expect the page to tell what it has seen and to send exactly what is missing
    assert second.start["resume_token"] == "token-s1"
    assert second.start["last_event_id"] == "1-2"
    kept = first.audio[acked * 2 :]
    assert second.audio[: len(kept)] == kept

    # Expect an event that comes twice to be shown once
    second.utterance(1, "The first sentence.", "POSITIVE")
    second.utterance(2, "The second sentence.", "NEGATIVE")
    page.page.wait_for_selector(".card[data-seq='2'][data-mood=NEGATIVE]")
    assert page.texts() == ["The first sentence.", "The second sentence."]
    assert page.page.inner_text("[data-stat=words]") == "6"


def test_silence_stands_for_what_the_server_has_lost_and_the_page_says_so(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk of which the server has acknowledged the first second
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.ready()
    first.wait_audio(1.5)
    first.say("ack", sample=first.rate_hz)
    first.utterance(1, "Nothing is lost.")
    page.page.wait_for_selector(".card")

    # When it comes back with half of that
    first.close(1012)
    second = server.visit()
    second.ready(next_sample=first.rate_hz // 2)
    second.wait_audio(1.2)

    # Expect silence in place of what is lost, then the audio from where it was, and a line about it
    silent = next(n for n in range(0, len(second.audio), 2) if any(second.audio[n : n + 2])) // 2
    assert first.rate_hz // 4 < silent <= first.rate_hz // 2 + first.rate_hz // 100
    kept = first.audio[first.rate_hz * 2 :]
    assert second.audio[first.rate_hz : first.rate_hz + len(kept)] == kept
    note = page.page.wait_for_selector(".note")
    assert note is not None and "has lost" in note.inner_text()


def test_the_page_keeps_within_the_window_and_says_when_it_is_full(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a server that takes 2 s at most and acknowledges nothing
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready(window_s=2)

    # When more than that is said
    notice = page.page.wait_for_selector("#held:not([hidden])", timeout=20_000)

    # Expect the reader to be told, nothing more to be sent, and a note of the gap once there is room again
    assert notice is not None and "is not kept" in notice.inner_text()
    assert visit.samples <= 2 * visit.rate_hz
    page.page.wait_for_timeout(1000)
    assert visit.samples <= 2 * visit.rate_hz
    visit.acknowledging = True
    visit.say("ack", sample=visit.samples)
    assert "were not recorded" in page.page.wait_for_selector(".note").inner_text()  # type: ignore[union-attr]
    assert page.page.is_hidden("#held")


def test_a_session_the_server_has_forgotten_is_replaced(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a talk with a sentence, whose connection breaks
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.ready()
    first.utterance(1, "Before.", "NEUTRAL")
    first.wait_audio(0.5)
    first.close(1012)
    # When the server has forgotten the session
    second = server.visit()
    second.say("error", code="unknown_resume_token", message="This session is over.", retryable=False)
    second.close(4400)

    # Expect a new session in the same page, below the sentence that was there
    third = server.visit()
    third.ready(session_id="s2")
    third.utterance(1, "After.", "NEUTRAL")

    page.page.wait_for_selector(".talk:nth-child(2) .card[data-mood]")
    assert "resume_token" not in third.start
    assert page.texts() == ["Before.", "After."]
    page.wait_problem("forgotten")


def test_a_talk_taken_over_elsewhere_is_not_fought_for(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a talk
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    # When another window takes it over
    visit.say("error", code="taken_over", message="Another window.", retryable=False)
    visit.close(4400)

    # Expect words, and no new connection
    page.wait_problem("takenOver")
    page.wait_state("failed")
    page.page.wait_for_timeout(2000)
    assert server.visits.empty()
    assert page.page.inner_text("#toggle") == "Start"


def test_a_break_while_finishing_still_ends_with_every_answer(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk that is stopped
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.ready()
    first.wait_audio(0.5)
    page.toggle()
    first.wait_text("stop")
    # When the connection breaks before everything is answered
    first.close(1012)

    # Expect the page to say it all again, and to end with the answer
    second = server.visit()
    second.ready(next_sample=0)
    second.wait_text("stop")
    assert second.audio == first.audio
    second.utterance(1, "The last words.", "POSITIVE")
    second.done()

    page.wait_state("done")
    assert page.texts() == ["The last words."]


def test_a_failed_sentence_is_visible_and_the_others_go_on(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    # When one sentence fails and the next one does not
    visit.say(
        "error", code="utterance_failed", message="Three attempts failed.", retryable=False, utterance_id="s1:1",
        seq=1, event_id="1-1",
    )  # fmt: skip
    visit.utterance(2, "This one worked.", "POSITIVE")

    # Expect both on the page, and the talk to go on
    page.page.wait_for_selector(".card[data-state=settled]")
    assert "could not be written down. Three attempts failed." in page.texts()[0]
    wait_until(lambda: page.page.get_attribute("#state", "data-state") == "open", 5, "the talk did not go on")


def test_how_far_the_server_is_behind_is_said(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.say("status", queue_seconds=12.4, level="busy")
    page.page.wait_for_selector("#behind:has-text('The server is 12 s behind')")
    visit.say("status", queue_seconds=0.0, level="ok")
    page.page.wait_for_selector("#behind", state="hidden")


def test_a_device_that_goes_offline_resumes_when_it_is_back(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk
    page = open_page(server.url, hum)
    page.toggle()
    first = server.visit()
    first.ready()
    first.wait_audio(0.5)

    # When the device goes offline and comes back
    page.page.evaluate("dispatchEvent(new Event('offline'))")
    page.wait_state("waiting")
    page.page.evaluate("dispatchEvent(new Event('online'))")

    # Expect everything that was not acknowledged to be sent again
    second = server.visit()
    second.ready(next_sample=0)
    second.wait_audio(1)
    assert second.audio[: len(first.audio)] == first.audio


def test_a_talk_without_words_says_so(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a talk in which the server hears no words
    page = open_page(server.url, hum)
    # When it is over
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.say("speech_started", utterance_id="s1:1", seq=1, at=0.5)
    visit.say("no_speech", utterance_id="s1:1", seq=1, event_id="1-0")
    page.toggle()
    visit.wait_text("stop")
    visit.done()

    # Expect that to be said, and no card
    page.page.wait_for_selector(".note:has-text('No words were heard')")
    assert page.cards.count() == 0
