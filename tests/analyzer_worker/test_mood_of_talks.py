"""Scripted talks, judged sentence by sentence as the worker does it. Their trends are those a listener would name."""

from __future__ import annotations

import pytest

from analyzer_worker.classifier import SentimentClassifier
from tests.analyzer_worker.sentences import FACTUAL
from wta.messages import Label
from wta.mood import Mood, Trend

COMPLAINT_THAT_ENDS_WELL = (
    "Hello, I am calling about my order.", "It was promised for Monday.", "I am really angry about this.",
    "Your service is terrible.", "Nobody helped me and I wasted my whole day.", "The number is four two seven.",
    "It was sent to the old address.", "We can send another one today.", "It will be there on Thursday at ten.",
    "Oh, that is wonderful.", "Thank you so much, you have been really kind.", "I am very happy with that.",
    "My address is the same as before.", "The bell is on the left.",
)  # fmt: skip
PRAISE_THAT_TURNS = (
    "The first week with it was wonderful.", "I loved the screen and the sound is excellent.",
    "It was a joy to use.", "I bought it in March.", "It has two buttons and a cable.", "Then I installed the update.",
    "Now it is slow and it crashes all the time.", "I hate it.", "It is a terrible disappointment.",
    "I will send it back on Friday.", "The shop opens at nine.",
)  # fmt: skip
JOY_THEN_FACTS = ("I am so happy today.", "What a wonderful surprise.", "We had a great time.", "I love it.", *FACTUAL)


@pytest.mark.parametrize(
    ("talk", "trend", "sign"),
    [
        (COMPLAINT_THAT_ENDS_WELL, Trend.UP, 1),
        (PRAISE_THAT_TURNS, Trend.DOWN, -1),
        (JOY_THEN_FACTS, Trend.FLAT, 1),
        (FACTUAL, Trend.FLAT, 0),
    ],
    ids=["a complaint that ends well", "praise that turns", "joy, then facts", "facts"],
)
def test_the_mood_of_a_talk_is_what_a_listener_would_say(
    classifier: SentimentClassifier, talk: tuple[str, ...], trend: Trend, sign: int
) -> None:
    mood = Mood()
    for sentence in talk:
        sentiment = classifier.classify([sentence])[0]
        mood.add(Label(sentiment.label), sentiment.score)
    assert mood.trend is trend
    assert mood.level is not None
    assert (mood.level > 0) - (mood.level < 0) == sign


def test_a_long_stretch_of_facts_does_not_wash_out_a_joy(classifier: SentimentClassifier) -> None:
    mood, levels = Mood(), []
    for sentence in JOY_THEN_FACTS:
        sentiment = classifier.classify([sentence])[0]
        mood.add(Label(sentiment.label), sentiment.score)
        levels.append(mood.level or 0.0)
    felt = levels[len(JOY_THEN_FACTS) - len(FACTUAL) - 1]
    assert levels[-1] > 0.3 * felt > 0
