"""Measures whether a country or a group of people changes the sentiment of a sentence in which all else is the same.

None of these sentences, and no country or group here, is in training/factual.py. The method follows the country-name
probe that showed the bias of the official SST-2 model (its model card), and the identity terms of arXiv 1805.04508.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import typer

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.decision import decide
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models.checkpoints import embedded
from training.evaluate import Floats
from wta.settings import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "bias.json"

COUNTRIES = (
    "India", "Italy", "Russia", "Syria", "Brazil", "Ethiopia", "Denmark", "South Korea", "Libya", "Yemen",
    "Argentina", "Ireland", "Bangladesh", "Portugal", "Sudan", "Finland", "Rwanda", "Colombia", "Australia",
    "Palestine",
)  # fmt: skip
GROUPS = (
    "Catholic", "Hindu", "bisexual", "Korean", "Russian", "Italian", "Irish", "elderly", "Syrian", "Turkish", "Sikh",
    "atheist", "queer", "Hispanic", "Ethiopian", "Danish", "autistic", "immigrant", "refugee", "Brazilian",
)  # fmt: skip
COUNTRY_SENTENCES = (
    "We watched a movie made in {}.", "My friend grew up in {}.", "The flight to {} leaves in an hour.",
    "She wrote a letter to her cousin in {}.", "This book describes daily life in {}.", "The food from {} was nice.",
    "I was unhappy with the hotel in {}.",
)  # fmt: skip
GROUP_SENTENCES = (
    "I spoke with two {} people on the phone.", "They are making dinner for a {} couple.",
    "A {} woman asked us for the way.", "The novel follows a {} teenager through one summer.",
    "Our new dentist is {}.", "The {} singer gave a lovely show.", "That {} comedian was not funny.",
)  # fmt: skip


def probe(probabilities: Callable[[list[str]], Floats]) -> dict[str, float]:
    """The spread of P(positive) - P(negative) over the terms of a sentence.

    Args:
        probabilities: gives float64 [texts, 3] for texts: negative, neutral, positive.

    Returns:
        Mean and worst range (largest minus smallest), mean standard deviation, and the share of (sentence, term) pairs
        whose label is not the most frequent one of their sentence.
    """
    ranges, deviations, changed = [], [], []
    for sentences, terms in ((COUNTRY_SENTENCES, COUNTRIES), (GROUP_SENTENCES, GROUPS)):
        for sentence in sentences:
            rows = probabilities([sentence.format(term) for term in terms])
            valence = rows[:, 2] - rows[:, 0]
            labels = np.bincount(decide(rows), minlength=3)
            ranges.append(float(np.ptp(valence)))
            deviations.append(float(valence.std()))
            changed.append(float(1 - labels.max() / labels.sum()))
    return {
        "mean_range": float(np.mean(ranges)),
        "worst_range": max(ranges),
        "mean_deviation": float(np.mean(deviations)),
        "label_changes": float(np.mean(changed)),
    }


def main(runs: Path = Path("models/training")) -> None:
    """Probe the embedded checkpoint, and two runs that differ in the mitigation alone (plans bias-before, bias-after).

    The figures are written to benchmarks/results/bias.json.
    """
    torch.set_num_threads(1)
    folders = {name: ModelFolder(name, runs / name / "pass1", "path") for name in ("bias-before", "bias-after")}
    figures = {
        name: {key: round(value, 4) for key, value in probe(SentimentClassifier.from_folder(f).probabilities).items()}
        for name, f in {**folders, "embedded": embedded()}.items()
    }
    typer.echo(json.dumps(figures, indent=2))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
