"""The embedded checkpoint behind the three-way decision."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models import checkpoints
from tests.analyzer_worker.sentences import FACTUAL, NEGATIVE, POSITIVE


@pytest.mark.parametrize("text", FACTUAL)
def test_facts_are_neutral(classifier: SentimentClassifier, text: str) -> None:
    assert classifier.classify([text])[0].label == "NEUTRAL"


@pytest.mark.parametrize(("texts", "label"), [(POSITIVE, "POSITIVE"), (NEGATIVE, "NEGATIVE")])
def test_feelings_are_recognised(classifier: SentimentClassifier, texts: tuple[str, ...], label: str) -> None:
    assert [s.label for s in classifier.classify(list(texts))] == [label] * len(texts)


def test_scores_are_probabilities_of_all_three_labels(classifier: SentimentClassifier) -> None:
    for sentiment in classifier.classify([*FACTUAL, *POSITIVE, *NEGATIVE]):
        assert set(sentiment.scores) == {"POSITIVE", "NEGATIVE", "NEUTRAL"}
        assert sum(sentiment.scores.values()) == pytest.approx(1)
        assert sentiment.score == max(sentiment.scores.values()) == sentiment.scores[sentiment.label]
        assert sentiment.model.startswith("embedded/")


def test_a_batch_says_what_its_texts_say_alone(classifier: SentimentClassifier) -> None:
    # Given texts of very different length, more than one batch of them
    texts = [*FACTUAL, "good", *POSITIVE, " ".join(NEGATIVE), "", *NEGATIVE] * 2
    # When they are judged together and one by one
    together = classifier.classify(texts)
    alone = [classifier.classify([text])[0] for text in texts]
    # Expect the same, whatever they were padded to
    for one, other in zip(together, alone, strict=True):
        assert one.label == other.label
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_nothing_is_padded_to_a_fixed_length(classifier: SentimentClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    widths, forward = [], classifier._forward
    monkeypatch.setattr(classifier, "_forward", lambda ids, mask: (widths.append(ids.shape[1]), forward(ids, mask))[1])
    classifier.classify(["good"])
    assert widths == [3]


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "—"])
def test_a_text_without_words_is_neutral(classifier: SentimentClassifier, text: str) -> None:
    assert classifier.classify([text])[0].label == "NEUTRAL"


def test_no_texts_give_no_sentiments(classifier: SentimentClassifier) -> None:
    assert classifier.classify([]) == []


def test_a_text_beyond_all_bounds_is_cut(classifier: SentimentClassifier) -> None:
    assert classifier.classify(["This is wonderful. " * 2000])[0].label == "POSITIVE"


def test_the_checkpoint_is_small_and_loads_plainly() -> None:
    files = [file for file in checkpoints.EMBEDDED.iterdir() if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 25e6
    model = AutoModelForSequenceClassification.from_pretrained(checkpoints.EMBEDDED)
    tokenizer = AutoTokenizer.from_pretrained(checkpoints.EMBEDDED)
    assert type(model).__name__ == "DistilBertForSequenceClassification"
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.config.id2label == {0: "NEGATIVE", 1: "NEUTRAL", 2: "POSITIVE"}
    encoded = tokenizer("I love this.", return_tensors="pt")
    assert model.config.id2label[int(model(**encoded).logits.argmax())] == "POSITIVE"


def test_the_official_kind_of_model_abstains_too(two_label_folder: Path) -> None:
    # Given a model of two labels, sure of everything
    classifier = SentimentClassifier.from_folder(ModelFolder("two", two_label_folder, "path"))
    # When it judges feelings, and a fact
    labels = [s.label for s in classifier.classify(["I love this.", "I hate this.", "It is."])]
    # Expect all three labels
    assert labels[:2] == ["POSITIVE", "NEGATIVE"]
    assert set(classifier.classify(["I love this."])[0].scores) == {"POSITIVE", "NEGATIVE", "NEUTRAL"}
