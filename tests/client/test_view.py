"""What `stream` prints for people."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from wta.cli.view import HumanView, JsonView
from wta.messages import Done, Error, Final, NoSpeech, Partial, Sentiment, Summary

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
