"""Comments with 28 emotions become targets of three labels, and none that is measured on is trained on."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from training import factual
from training.batches import Pass, draw
from training.comments import (
    EMOTIONS,
    HELD_COMMENTS,
    NEGATIVE,
    POSITIVE,
    Comment,
    read_comments,
    split,
    with_comments,
    with_names,
)
from training.sst import Corpus, Phrase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Comments for training, of which one is a dev comment too, but for its case."""
    rows = [f"This is comment {n}, [NAME]\t{n % len(EMOTIONS)}" for n in range(HELD_COMMENTS + 50)]
    for name, lines in (("train", rows), ("dev", [row.upper() for row in rows[:1]])):
        with gzip.open(tmp_path / f"en-comments-28-{name}.tsv.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    ("emotions", "label"),
    [
        (("joy",), 2), (("anger", "neutral"), 0), (("neutral",), 1), (("curiosity",), 1), (("joy", "sadness"), 1),
        (("surprise", "gratitude"), 2),
    ],
)  # fmt: skip
def test_emotions_become_one_of_three_labels(emotions: tuple[str, ...], label: int) -> None:
    assert Comment("text", emotions).label == label


def test_targets_are_probabilities_on_the_side_of_the_label() -> None:
    assert len(EMOTIONS) == 28
    assert set(EMOTIONS) - POSITIVE - NEGATIVE == {"confusion", "curiosity", "realization", "surprise", "neutral"}
    for emotion in EMOTIONS:
        comment = Comment("text", (emotion,))
        assert sum(comment.target) == pytest.approx(1)
        assert max(range(3), key=comment.target.__getitem__) == comment.label
    sure, doubted = Comment("", ("joy",)), Comment("", ("joy", "neutral"))
    assert sure.target[2] > doubted.target[2] > 0.5
    assert Comment("", ("joy", "sadness")).target[0] == pytest.approx(Comment("", ("joy", "sadness")).target[2])


def test_held_and_dev_comments_are_not_trained_on(folder: Path) -> None:
    train, held = split(folder)
    dev = read_comments(folder / "en-comments-28-dev.tsv.gz")
    assert len(held) == HELD_COMMENTS and len(train) in (49, 50)
    trained = {comment.text.lower() for comment in train}
    assert trained.isdisjoint({comment.text.lower() for comment in held + dev})
    assert split(folder) == (train, held)


def test_nobody_says_name_in_brackets() -> None:
    said = with_names("[NAME] and [NAME] are [RELIGION]", random.Random(0))
    first, _, other, *rest = said.split()
    assert {first, other} <= set(factual.NAMES) and rest == ["are", "religious"]


def test_a_pass_draws_the_share_of_comments_that_it_asks_for(folder: Path) -> None:
    corpus = with_comments(Corpus([Phrase("a fine film", 4.0, True)] * 100, [], []), folder)
    some = draw(corpus, Pass(min_words=1, made_up=0, sentence_share=0.0, comment_share=0.5), random.Random(0))
    assert 10 < len(some) < 40 and all(phrase.is_comment for phrase in some)
    assert draw(corpus, Pass(min_words=1, made_up=0), random.Random(0)) == corpus.phrases
