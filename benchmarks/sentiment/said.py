"""Measures the sentiment of what people say and write to each other: `python -m benchmarks.sentiment.said`.

The sets are dialogues of a television series (MELD dev, arXiv 1810.02508; never trained on) and short comments
(GoEmotions dev, arXiv 2005.00547), beside the treebank's dev set. They are measured seldom, and docs/sentiment.md lists
each time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.decision import decide
from analyzer_worker.models.labelled_texts import Labels, read_labelled_texts
from analyzer_worker.models.load import load_classifier
from analyzer_worker.settings import EMBEDDED_NAME, SentimentSettings
from benchmarks.sentiment.quality import macro_f1, quality
from benchmarks.sentiment.treebank import read_dev
from benchmarks.sentiment.word_list import labels_of
from training.comments import read_comments, with_names
from training.evaluate import Floats
from wta.settings import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "sentiment-said.json"
DRAWS = 1000
"""How often the texts are drawn anew for an interval."""


def figures_of_set(probabilities: Floats, truth: Labels, words: Labels | None = None) -> dict[str, Any]:
    """The figures of `quality`; beside them the intervals, and what baselines reach.

    Args:
        probabilities: float64 [texts, 3].
        words: the word list's labels of the texts; None: it has no figures.

    Returns:
        texts; quality; neutral: the shares of texts that are neutral, and that were said to be; opposite: the share of
        texts with the opposite label; interval: the bounds of 95 % of macro-F1 of three labels; majority and
        word_list: accuracy, macro-F1 and opposite labels of the commonest label alone, and of the word list.
    """
    said = decide(probabilities)
    commonest = np.full_like(truth, np.bincount(truth, minlength=3).argmax())
    return {
        "texts": len(truth),
        "quality": quality(probabilities, truth),
        "neutral": [_rounded((truth == 1).mean()), _rounded((said == 1).mean())],
        "opposite": _of_labels(said, truth)["opposite"],
        "interval": interval(said, truth),
        "majority": _of_labels(commonest, truth),
        **({} if words is None else {"word_list": _of_labels(words, truth)}),
    }


def _of_labels(said: Labels, truth: Labels) -> dict[str, float]:
    figures = {
        "accuracy_three": (said == truth).mean(),
        "macro_f1_three": macro_f1(said, truth, (0, 1, 2)),
        "opposite": (abs(said - truth) == 2).mean(),
    }
    return {name: _rounded(value) for name, value in figures.items()}


def interval(said: Labels, truth: Labels) -> list[float]:
    """Between which bounds macro-F1 lies in 95 % of sets that are drawn from this one (bootstrap, seeded)."""
    draw = np.random.default_rng(0)
    rows = (draw.integers(0, len(truth), len(truth)) for _ in range(DRAWS))
    scores = [macro_f1(said[some], truth[some], (0, 1, 2)) for some in rows]
    return [_rounded(bound) for bound in np.percentile(scores, (2.5, 97.5))]


def _rounded(value: float) -> float:
    return round(float(value), 4)


def read_dev_comments(path: Path) -> tuple[list[str], Labels]:
    """The comments of a file with one of three labels each. Names stand where the file has "[NAME]"."""
    chance = random.Random(0)
    comments = read_comments(path)
    return [with_names(c.text, chance) for c in comments], np.array([c.label for c in comments])


def main(
    data: Annotated[Path, typer.Option(help="Folder of the sets.")] = Path("../shared/data/sentiment"),
    treebank: Annotated[Path, typer.Option(help="Folder of the treebank.")] = Path("../shared/data/sst"),
    model: Annotated[str, typer.Option(help="A folder, a hub id, or `embedded`.")] = EMBEDDED_NAME,
    out: Annotated[Path, typer.Option(help="File for the figures.")] = RESULTS,
) -> None:
    torch.set_num_threads(1)
    classifier = load_classifier(SentimentSettings(model=model))
    figures = {"model": classifier.model, "sets": _measured(classifier, data, treebank)}
    typer.echo(json.dumps(figures, indent=2))
    out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _measured(classifier: SentimentClassifier, data: Path, treebank: Path) -> dict[str, Any]:
    sets: dict[str, Callable[[], tuple[list[str], Labels]]] = {
        "conversation": lambda: read_labelled_texts(data / "en-conversation-dev.tsv.gz"),
        "comments": lambda: read_dev_comments(data / "en-comments-28-dev.tsv.gz"),
        "reviews": lambda: read_dev(treebank),
    }
    texts = {name: read() for name, read in sets.items()}
    return {
        name: figures_of_set(classifier.probabilities(some), truth, labels_of(some))
        for name, (some, truth) in texts.items()
    }


if __name__ == "__main__":
    typer.run(main)
