"""Figures of what people say: intervals, the commonest label beside ours, and the sets as they lie on disk."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.report import sentiment
from benchmarks.sentiment.said import figures_of_set, interval, main
from benchmarks.sentiment.word_list import from_sums


def probabilities_of(labels: list[int]) -> np.ndarray:
    """Sure answers with these labels."""
    return np.eye(3)[labels] * 0.94 + 0.02


def test_opposites_neutrals_and_the_commonest_label_are_counted() -> None:
    truth = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])
    figures = figures_of_set(probabilities_of([0, 2, 1, 0, 2, 2, 2, 2, 1, 1]), truth)
    assert figures["opposite"] == 0.1 and figures["neutral"] == [0.3, 0.3]
    assert figures["majority"] == {
        "accuracy_three": 0.5, "macro_f1_three": pytest.approx(2 / 9, abs=1e-4), "opposite": 0.2,
    }  # fmt: skip
    assert figures_of_set(probabilities_of([1] * 10), truth, truth)["word_list"]["accuracy_three"] == 1
    assert figures["quality"]["accuracy_three"] == 0.5


def test_sums_of_words_become_labels_where_the_authors_of_the_list_say() -> None:
    assert from_sums([-0.9, -0.05, -0.04, 0.0, 0.049, 0.05, 1.0]).tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_an_interval_holds_the_figure_and_is_narrower_for_more_texts() -> None:
    said, truth = np.array([0, 1, 2, 2, 1, 0] * 10), np.array([0, 1, 2, 0, 1, 2] * 10)
    low, high = interval(said, truth)
    more_low, more_high = interval(np.tile(said, 20), np.tile(truth, 20))
    assert low < more_low < 2 / 3 < more_high < high
    assert interval(truth, truth) == [1, 1]


def test_the_three_sets_are_measured_and_shown_beside_each_other(tmp_path: Path) -> None:
    sets = {
        "en-conversation-dev.tsv.gz": "POSITIVE\tI love it.\nNEGATIVE\tThat was awful.\nNEUTRAL\tIt is noon.\n" * 3,
        "en-comments-28-dev.tsv.gz": "[NAME] was wonderful!\t0,18\nThis is terrible\t2\nThe shop is open\t27\n",
        "dev.txt.gz": "(4 (2 Great) (3 fun))\n(0 (1 Awful) (2 film))\n(2 (2 A) (2 film))\n",
    }
    for name, lines in sets.items():
        (tmp_path / name).write_bytes(gzip.compress(lines.encode()))
    app = typer.Typer()
    app.command()(main)
    folder, out = str(tmp_path), tmp_path / "said.json"
    result = CliRunner().invoke(app, ["--data", folder, "--treebank", folder, "--out", str(out)])
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text())
    assert {name: one["texts"] for name, one in figures["sets"].items()} == {
        "conversation": 9, "comments": 3, "reviews": 3,
    }  # fmt: skip
    assert all(one["quality"]["accuracy"] == 1 for one in figures["sets"].values())
    for one in figures["sets"].values():
        one.setdefault("word_list", one["majority"])  # for machines without the word list
    assert "| texts | 9 | 3 | 3 |" in sentiment.said(figures).splitlines()
