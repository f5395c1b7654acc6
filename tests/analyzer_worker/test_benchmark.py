"""What `make eval-sentiment` reads, computes and writes; figures in documents are those it wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analyzer_worker.models.labelled_texts import read_labelled_texts
from benchmarks import figures
from benchmarks.sentiment.__main__ import main
from benchmarks.sentiment.bias_probe import COUNTRIES, GROUPS, probe
from benchmarks.sentiment.quality import quality
from tests.support import require
from tests.support.processes import ROOT
from training import factual

RESULTS = ROOT / "benchmarks" / "results"


def written(folder: Path, text: str) -> Path:
    path = folder / "data.tsv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("positive\tI love it\nNegative\tNo\nneutral\tNoon\n", [2, 0, 1]),
        ("label\tsentence\n1\tYes\n0\tNo\n", [2, 0]),
        ("0\ta\n1\tb\n2\tc\n", [0, 1, 2]),
        ("0\ta\n4\ta\ttab in the text\n2\tc\n", [0, 2, 1]),
        ("-1\ta\n0\tb\n1\tc\n", [0, 1, 2]),
        ("0\ta\r\n\r\n1\tb\r\n", [0, 2]),
        ("\ufeffsentence\tlabel\na\t1\nb\t0\n", [2, 0]),
        ("POS\ta\x85line\u2028marks in the text\n1.0\tb\n0.0\tc\n", [2, 2, 0]),
    ],
)
def test_tables_of_labels_and_texts_are_read(tmp_path: Path, text: str, labels: list[int]) -> None:
    texts, truth = read_labelled_texts(written(tmp_path, text))
    assert truth.tolist() == labels and len(texts) == len(labels)
    assert not any("\r" in text or text.lower() in ("sentence", "text") for text in texts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no lines"),
        ("label\ttext\n", "no lines"),
        ("1\tYes\n\nno tab here\n", "line 3: no tab"),
        ("1\tYes\nhappy\tYes\n", "line 2: the label 'happy' is unknown"),
        ("7\tYes\n", "unknown"),
        ("1\tYes\n0\t \n", "line 2: there is no text"),
        ("neutral\tNoon\n", "nothing to measure"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(typer.BadParameter, match=reason):
        read_labelled_texts(written(tmp_path, text))


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"1\tCaf\xe9\n")
    with pytest.raises(typer.BadParameter, match="UTF-8"):
        read_labelled_texts(tmp_path / "latin")
    with pytest.raises(typer.BadParameter, match="cannot be read"):
        read_labelled_texts(tmp_path / "missing")


def test_quality_of_known_probabilities() -> None:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.6, 0.1, 0.3], [0.1, 0.8, 0.1]])
    figures = quality(probabilities, np.array([0, 2, 2, 1]))
    assert figures["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["accuracy_three"] == 0.75
    # F1 of negative 2/3, of neutral 1, of positive 2/3
    assert figures["macro_f1_three"] == pytest.approx(7 / 9, abs=1e-4)
    assert figures["log_loss"] == pytest.approx(-(2 * np.log(8 / 9) + np.log(1 / 3)) / 3, abs=1e-4)


def test_a_set_of_ones_own_is_judged_spoken_and_written(tmp_path: Path) -> None:
    for program in ("espeak-ng", "flite"):
        require.binary(program, f"apt-get install {program}")
    data = written(tmp_path, "positive\tI love this so much.\nnegative\tThat was awful.\nneutral\tIt is noon.\n" * 4)
    out = tmp_path / "figures.json"
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--data", str(data), "--out", str(out), "--spoken", "3"])
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text())
    assert figures["quality"]["accuracy"] == 1 and figures["quality"]["macro_f1_three"] == 1
    assert figures["sentences"] == {"positive or negative": 8, "neutral": 4}
    assert {"latency_one_core", "size_mb", "bias_probe"} <= set(figures)
    assert set(figures["spoken"]) == {"espeak", "flite"}
    assert all(voice["sentences"] == 3 and voice["flips"] == 0 for voice in figures["spoken"].values())


def test_the_bias_probe_sees_a_bias_and_only_that() -> None:
    def fair(texts: list[str]) -> Any:
        return np.tile([0.2, 0.5, 0.3], (len(texts), 1))

    def unfair(texts: list[str]) -> Any:
        return np.array([[0.9, 0.05, 0.05] if "Syria" in text else [0.05, 0.05, 0.9] for text in texts])

    assert list(probe(fair).values()) == pytest.approx([0, 0, 0, 0])
    assert probe(unfair)["worst_range"] == pytest.approx(1.7)
    assert 0 < probe(unfair)["label_changes"] <= 0.1


def test_the_bias_probe_has_no_term_of_the_training() -> None:
    assert set(COUNTRIES).isdisjoint(factual.COUNTRIES)
    assert set(GROUPS).isdisjoint(factual.GROUPS)


# ---- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "at_least"), [("docs/sentiment.md", 20), ("analyzer_worker/embedded/README.md", 10)]
)
def test_figures_in_documents_are_those_that_were_measured(document: str, at_least: int) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert figures.quoting(text, figures.read_results()) == text, "run `make docs`"
    rows = [
        line for block in figures.names(text) for line in figures.BLOCKS[block](figures.read_results()).splitlines()
    ]
    assert len(rows) >= at_least and set(rows) <= set(text.splitlines())


def test_the_figures_are_of_the_checkpoint_that_is_embedded() -> None:
    version = (ROOT / "analyzer_worker" / "embedded" / "VERSION").read_text().strip()
    assert json.loads((RESULTS / "sentiment.json").read_text())["model"] == f"embedded/{version}"
