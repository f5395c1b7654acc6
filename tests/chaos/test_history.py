"""The judge of the faults catches what it is there to catch."""

from __future__ import annotations

from dataclasses import replace

from chaos.history import Span, SpeakerHistory
from chaos.judge import judge, logged

A, B = "abc:1", "abc:2"
SPANS = (Span(0.5, 2.0), Span(3.0, 4.5))


def line(number: int, label: str = "POSITIVE") -> str:
    return f'2026-01-31T12:00:00.000Z  abc               #{number:04d}  {label:<8}  0.900  "words"  1-{number}'


def history() -> SpeakerHistory:
    """Two sentences, each answered once."""
    return SpeakerHistory(
        session_id="abc", spoken=SPANS, acknowledged=dict(zip((A, B), SPANS, strict=True)),
        finals=[(A, Span(0.3, 2.4)), (B, Span(2.8, 4.9))], sentiments=[A, B], finished=True,
    )  # fmt: skip


LOG = [line(1), line(2)]


def test_sentences_answered_once_each_are_right() -> None:
    assert judge([history()], LOG) == []


def test_lines_of_others_and_statistics_are_nobodys_fault() -> None:
    other = line(7).replace("abc ", "xyz ")
    assert judge([history()], ["# statistics of all", *LOG, other]) == []
    assert logged(["# 1", "", line(12)]) == ["abc:12"]


def test_an_utterance_missing_in_the_log_is_found() -> None:
    assert judge([history()], LOG[:1]) == [f"abc: {B} is on the page and not in the log"]


def test_an_utterance_missing_on_the_page_is_found() -> None:
    lost = replace(history(), finals=history().finals[:1], sentiments=[A])
    words = " ".join(judge([lost], LOG))
    assert f"{B} is in the log and not on the page" in words
    assert f"{B} was acknowledged and never answered" in words
    assert "what was said at 3.0 s is in no utterance" in words


def test_an_utterance_that_is_twice_in_the_log_is_found() -> None:
    assert judge([history()], [*LOG, line(2)]) == [f"abc: {B} is in the log 2 times"]


def test_an_utterance_that_is_twice_on_the_page_is_found() -> None:
    doubled = replace(history(), finals=[*history().finals, (A, Span(0.3, 2.4))])
    assert judge([doubled], LOG) == [f"abc: {A} is on the page 2 times"]


def test_a_sentiment_that_is_twice_on_the_page_is_found() -> None:
    doubled = replace(history(), sentiments=[A, B, B])
    assert judge([doubled], LOG) == [f"abc: {B} is on the page, its sentiment, 2 times"]


def test_speech_heard_as_two_utterances_is_found() -> None:
    again = "abc:3"
    heard = history()
    twice = replace(heard, finals=[*heard.finals, (again, Span(2.9, 4.8))], sentiments=[A, B, again])
    assert judge([twice], [*LOG, line(3)]) == ["abc: what was said at 3.0 s is in two utterances"]


def test_one_sentence_cut_into_two_utterances_is_no_double() -> None:
    halves = replace(history(), finals=[(A, Span(0.3, 1.3)), (B, Span(1.3, 4.9))])
    assert judge([halves], LOG) == []


def test_speech_without_an_utterance_is_found_even_where_it_was_never_acknowledged() -> None:
    silent = replace(history(), acknowledged={A: SPANS[0]}, finals=history().finals[:1], sentiments=[A])
    assert judge([silent], LOG[:1]) == ["abc: what was said at 3.0 s is in no utterance"]


def test_a_text_that_never_came_to_its_end_is_found() -> None:
    assert f"abc: {B} has a text and no end" in judge([replace(history(), sentiments=[A])], LOG[:1])


def test_a_sentiment_that_the_server_said_is_missing_must_come_into_the_log_all_the_same() -> None:
    told = replace(history(), sentiments=[A], told_missing=True)
    assert judge([told], LOG) == []
    assert judge([told], LOG[:1]) == [f"abc: {B} is on the page and not in the log"]


def test_a_missing_number_of_an_utterance_is_found() -> None:
    gap = replace(history(), spoken=(), acknowledged={}, finals=[(B, SPANS[1])], sentiments=[B])
    assert judge([gap], LOG[1:]) == ["abc: number 1 is missing"]


def test_a_visible_failure_is_an_answer() -> None:
    failed = replace(history(), finals=history().finals[1:], sentiments=[B], failures=[A])
    assert judge([failed], [line(1, "FAILED"), line(2)]) == []


def test_a_speaker_who_was_thrown_out_is_found() -> None:
    thrown_out = replace(history(), finished=False, problem="ProtocolError: no")
    assert judge([thrown_out], LOG) == ["abc: ProtocolError: no"]
    assert judge([replace(history(), finished=False)], LOG) == ["abc: never came to its end"]
