"""What `stream` prints for people."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from wta.cli.view import HumanView, JsonView
from wta.messages import Done, Error, Final, NoSpeech, Partial, Sentiment, Status, Summary

FINAL = Final(utterance_id="s:1", seq=1, start=61.5, end=63, text="I like\x1b[31m it", event_id="1-0")
SENTIMENT = Sentiment(utterance_id="s:1", seq=1, label="POSITIVE", score=0.987, model="m", event_id="2-0")
DONE = Done(
    session_id="s", summary=Summary(utterances=1, words=3, audio_seconds=2, labels={"POSITIVE": 1, "NEGATIVE": 0})
)


def shown(*messages: object, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=80, color_system=None, soft_wrap=True)
    with HumanView("a.wav", several=True, console=console) as view:
        for message in messages:
            view.show(message)
    return output.getvalue()


def test_a_file_gets_whole_lines_as_they_come() -> None:
    text = shown(Partial(utterance_id="s:1", seq=1, text="I li"), FINAL, SENTIMENT, DONE, terminal=False)

    assert text == "a.wav\n#1 1:01.5 I like [31m it\n#1  POSITIVE 0.99\nsentences: 1, words: 3, 1 POSITIVE\n"


def test_a_terminal_gets_partials_that_are_overwritten() -> None:
    text = shown(Partial(utterance_id="s:1", seq=1, text="I li"), FINAL, SENTIMENT, DONE, terminal=True)

    before, after = text.split("I li", 1)
    assert "a.wav" in before
    assert "\x1b[2K" in after  # the line of the partial is erased
    assert "#1 1:01.5 I like [31m it  POSITIVE 0.99\n" in after


def test_a_final_without_its_sentiment_stays_on_the_terminal() -> None:
    assert shown(FINAL, terminal=True).endswith("\x1b[2K#1 1:01.5 I like [31m it\n")


def test_noise_takes_its_partial_away() -> None:
    text = shown(
        Partial(utterance_id="s:1", seq=1, text="Thanks"), NoSpeech(utterance_id="s:1", seq=1), DONE, terminal=True
    )

    assert text.count("Thanks") == 1


def test_a_sentence_that_failed_leaves_nothing_behind() -> None:
    error = Error(code="utterance_failed", message="Sentence 1 failed.", retryable=False, utterance_id="s:1", seq=1)
    text = shown(Partial(utterance_id="s:1", seq=1, text="I li"), error, DONE, terminal=True)
    assert text.count("I li") == 1
    text = shown(FINAL, error, DONE, terminal=True)
    assert text.index("I like") < text.index("sentences: 1, words"), "it stands in its place, not after the summary"
    assert "I like" not in text[text.index("sentences: 1, words") :]


def test_what_the_server_is_behind_is_said_until_it_is_not() -> None:
    busy, fine = Status(queue_seconds=20.4, level="busy"), Status(queue_seconds=0, level="ok")
    assert "the server is 20 s behind" in shown(busy, terminal=True)
    assert shown(busy, fine, DONE, terminal=True).count("behind") == 1
    assert "behind" not in shown(busy, terminal=False)


def test_newest_words_stay_in_sight_where_sentiment_is_far_behind() -> None:
    # Given more sentences than the terminal is high, none with its sentiment
    finals = [FINAL.model_copy(update={"seq": seq, "text": f"word {seq}"}) for seq in range(1, 41)]
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=80, height=12, color_system=None)
    with HumanView("a.wav", several=False, console=console) as view:
        for final in finals:
            view.show(final)
        # When words come, expect them in sight
        view.show(Partial(utterance_id="s:41", seq=41, text="the newest words"))
        assert "the newest words" in output.getvalue() and "..." not in output.getvalue()
        # When the first sentiment comes, expect it in a line of its own
        view.show(SENTIMENT)
    text = output.getvalue()
    assert "#1  POSITIVE 0.99" in text, "in a line of its own, since its sentence is printed already"
    assert all(f"word {seq}\n" in text for seq in range(1, 41))


@pytest.mark.parametrize("width", [16, 24, 40, 80])
def test_words_stay_whole_on_a_narrow_terminal(width: int) -> None:
    # Given a terminal that is narrower and lower than the text
    words = "these are several words that must not be broken anywhere"
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=width, height=8, color_system=None)
    with HumanView("a.wav", several=False, console=console) as view:
        # When words come one by one, and then settle
        for count in range(1, 60):  # longer than the terminal is high
            view.show(Partial(utterance_id="s:1", seq=1, text=" ".join(["word"] * count)))
        view.show(FINAL.model_copy(update={"text": words}))
        view.show(SENTIMENT)
        view.show(DONE)
    # Expect no word to be broken, and no line to be too long
    printed = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", output.getvalue())
    assert all(word in printed for word in words.split())
    assert max(len(line.rstrip()) for line in re.split(r"[\r\n]", printed)) <= width


def test_a_missing_label_has_its_reason() -> None:
    sentiment = Sentiment(utterance_id="s:1", seq=1, label=None, score=None, reason="not English", model="m")

    assert shown(sentiment, terminal=False) == "a.wav\n#1  (not English)\n"


def test_json_has_the_promised_fields_first(capsys: pytest.CaptureFixture[str]) -> None:
    view = JsonView("a.wav")
    error = Error(code="utterance_failed", message="Not this one.", retryable=False, utterance_id="s:2", seq=2)
    for message in (FINAL, SENTIMENT, NoSpeech(utterance_id="s:3", seq=3), error, DONE):
        view.show(message)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        '{"type": "final", "file": "a.wav", "utterance_id": "s:1", "seq": 1, "text": "I like\\u001b[31m it", '
        '"start": 61.5, "end": 63.0'
    )
    assert lines[1].startswith(
        '{"type": "sentiment", "file": "a.wav", "utterance_id": "s:1", "label": "POSITIVE", "score": 0.987, '
        '"model": "m"'
    )
    assert lines[2].startswith('{"type": "error", "file": "a.wav", "code": "utterance_failed", "message": "Not ')
    assert lines[3].startswith('{"type": "done", "file": "a.wav"')
    assert len(lines) == 4
