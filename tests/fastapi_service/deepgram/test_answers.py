"""What a client of Deepgram's is told: order, sentiment, gaps, `Finalize`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from fastapi_service.deepgram.answers import DeepgramAnswers
from fastapi_service.deepgram.query import ListenQuery
from tests.support.deepgram import GOOD
from wta import messages
from wta.messages import Error, Final, Label, NoSpeech, Partial, Sentiment, SpeechEnded, SpeechStarted
from wta.messages.base import Message


def ended(seq: int, at: float, continues: bool | None = None) -> SpeechEnded:
    return SpeechEnded(utterance_id=f"s:{seq}", seq=seq, at=at, continues=continues)


def started(seq: int, at: float) -> SpeechStarted:
    return SpeechStarted(utterance_id=f"s:{seq}", seq=seq, at=at)


def final(seq: int, start: float = 0.0, end: float = 1.0) -> Final:
    return Final(utterance_id=f"s:{seq}", seq=seq, start=start, end=end, text=f"sentence {seq}")


def mood(seq: int, label: Label | None, score: float | None) -> Sentiment:
    return Sentiment(utterance_id=f"s:{seq}", seq=seq, label=label, score=score)


class Told:
    """What a client was told, as short as a test can read it."""

    def __init__(self, query: str = "") -> None:
        asked = parse_qsl(f"{GOOD}&{query}")
        self.answers = DeepgramAnswers(ListenQuery.of(asked), "session", "tiny.en")
        self.all: list[Any] = []

    def of(self, *given: Message) -> list[str]:
        found = [answer for message in given for answer in self.answers.answers_to(message)]
        return self._short(found)

    def heard(self, seconds: float) -> list[str]:
        return self._short(list(self.answers.after(bytes(round(seconds * 32_000)))))

    def finalize(self) -> list[str]:
        return self._short(list(self.answers.after(messages.Finalize())))

    def _short(self, found: list[Any]) -> list[str]:
        self.all += found
        return [
            m.channel.alternatives[0].transcript + ("" if m.is_final else "…") if m.type == "Results" else m.type
            for m in found
        ]


def test_results_come_in_the_order_of_speech() -> None:
    told = Told()
    assert told.of(started(1, 0.2), ended(1, 1.0), started(2, 2.0), ended(2, 3.0)) == []
    assert told.of(final(2)) == []
    assert told.of(Partial(utterance_id="s:2", seq=2, text="late")) == []
    assert told.of(NoSpeech(utterance_id="s:1", seq=1)) == ["sentence 2"]
    assert told.of(mood(2, Label.POSITIVE, 1.0)) == []


def test_a_final_that_is_ahead_of_the_end_of_its_speech_waits_for_it() -> None:
    told = Told()
    assert told.of(started(1, 0.2), final(1)) == []
    assert told.of(ended(1, 1.0)) == ["sentence 1"]


def test_speech_that_goes_on_is_no_speech_final_and_starts_nothing_new() -> None:
    told = Told("vad_events=true&utterance_end_ms=1000")
    assert told.of(started(1, 0.2), ended(1, 20.0, continues=True), started(2, 20.0)) == ["SpeechStarted"]
    told.heard(22.0)
    assert told.of(final(1), ended(2, 22.0), final(2)) == ["sentence 1", "sentence 2"]
    assert [result.speech_final for result in told.all[1:]] == [False, True]
    assert told.heard(1.0) == ["UtteranceEnd"]
    assert told.of(started(3, 24.0)) == ["SpeechStarted"]


def test_an_utterance_end_follows_the_words_that_it_ends() -> None:
    told = Told("utterance_end_ms=1000")
    told.of(started(1, 0.2), ended(1, 1.0))
    assert told.heard(5.0) == []
    assert told.of(final(1, end=1.1)) == ["sentence 1", "UtteranceEnd"]
    assert told.all[-1].last_word_end == 1.0
    told.of(started(2, 5.0), ended(2, 6.0), NoSpeech(utterance_id="s:2", seq=2))
    assert told.heard(5.0) == [], "nobody said a word"


def test_without_endpointing_nothing_is_speech_final() -> None:
    told = Told("endpointing=False")  # as Deepgram's Python client writes it
    told.of(started(1, 0.2), ended(1, 1.0), final(1))
    assert [result.speech_final for result in told.all] == [False]


def test_words_so_far_come_with_their_place() -> None:
    told = Told("interim_results=true")
    told.heard(2.0)
    assert told.of(started(1, 0.5), Partial(utterance_id="s:1", seq=1, text="sen")) == ["sen…"]
    assert (told.all[0].start, told.all[0].duration) == (0.5, 1.5)


def test_a_failure_is_told_and_keeps_nobody_waiting() -> None:
    told = Told("sentiment=true")
    told.of(started(1, 0.2), ended(1, 1.0), started(2, 2.0), ended(2, 3.0), final(2), mood(2, Label.NEGATIVE, 0.9))
    why = Error(code="utterance_failed", message="It failed.", retryable=False, utterance_id="s:1", seq=1)
    assert told.of(why) == ["", "sentence 2"]
    assert told.all[0].error == "It failed." and told.all[0].is_final
    assert told.all[1].channel.alternatives[0].sentiment_score == -0.9


@pytest.mark.parametrize(
    ("label", "expected"),
    [(Label.NEUTRAL, ("neutral", 0.0)), (None, (None, None)), (Label.POSITIVE, ("positive", 0.8))],
)
def test_moods_are_on_deepgrams_scale(label: Label | None, expected: tuple[Any, Any]) -> None:
    told = Told("sentiment=true")
    told.of(started(1, 0.2), ended(1, 1.0), final(1), mood(1, label, 0.8 if label else None))
    (alternative,) = told.all[0].channel.alternatives
    assert (alternative.sentiment, alternative.sentiment_score) == expected


def test_finalize_marks_the_newest_that_waits() -> None:
    told = Told()
    told.of(started(1, 0.2), ended(1, 1.0), started(2, 2.0), ended(2, 3.0))
    assert told.finalize() == []
    assert told.of(final(1), final(2)) == ["sentence 1", "sentence 2"]
    assert [result.from_finalize for result in told.all] == [False, True]
    assert told.finalize() == [""]


def test_each_finalize_has_exactly_one_answer() -> None:
    told = Told()
    told.of(started(1, 0.2), ended(1, 1.0))
    assert told.finalize() == told.finalize() == told.finalize() == []
    assert told.of(final(1)) == ["sentence 1", "", ""]
    assert [result.from_finalize for result in told.all] == [True, True, True]
    told.of(started(2, 2.0), ended(2, 3.0))
    assert told.finalize() == told.finalize() == []
    assert told.of(NoSpeech(utterance_id="s:2", seq=2)) == ["", ""]


def test_confidence_is_what_the_model_thinks_of_its_text() -> None:
    told = Told()
    told.of(started(1, 0.2), ended(1, 1.0), started(2, 2.0), ended(2, 3.0))
    told.of(final(1).model_copy(update={"avg_logprob": -0.2231}), final(2))
    assert [m.channel.alternatives[0].confidence for m in told.all] == [0.8, 0.0]


def test_texts_come_where_no_sentiment_worker_is_there() -> None:
    away = False
    answers = DeepgramAnswers(ListenQuery.of(parse_qsl(f"{GOOD}&sentiment=true")), "session", "tiny.en", lambda: away)
    for message in (started(1, 0.2), ended(1, 1.0), final(1)):
        assert list(answers.answers_to(message)) == []
    away = True
    (told,) = answers.answers_to(started(2, 2.0))
    (alternative,) = told.channel.alternatives  # type: ignore[attr-defined]
    assert (alternative.transcript, alternative.sentiment) == ("sentence 1", None)
