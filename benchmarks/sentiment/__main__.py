"""Measures how good the sentiment is: `python -m benchmarks.sentiment [--data FILE]`, or `make eval-sentiment`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.models.checkpoints import resolve
from analyzer_worker.models.labelled_texts import Labels, read_labelled_texts
from analyzer_worker.models.load import load_classifier
from analyzer_worker.settings import EMBEDDED_NAME, SentimentSettings
from benchmarks.sentiment.bias_probe import probe
from benchmarks.sentiment.quality import latency, quality
from benchmarks.sentiment.spoken import sample, spoken_figures
from benchmarks.sentiment.treebank import read_dev
from inference.processor import has_vnni
from wta.settings import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "sentiment.json"
SPOKEN = 400
"""How many sentences are spoken and transcribed, drawn by a seed; all where there are fewer."""


def main(
    data: Annotated[
        Path | None, typer.Option(help="Lines of label<TAB>text. Without it: the treebank's dev set.")
    ] = None,
    model: Annotated[str, typer.Option(help="A folder, a hub id, or `embedded`.")] = EMBEDDED_NAME,
    treebank: Annotated[Path, typer.Option(help="Folder of the treebank.")] = Path("../shared/data/sst"),
    spoken: Annotated[int, typer.Option(help="How many sentences are spoken and transcribed; 0: none.")] = SPOKEN,
    models_dir: Annotated[Path, typer.Option(help="Folder of the speech model.")] = Path("models"),
    out: Annotated[Path | None, typer.Option(help="File for the figures; '-' writes none.")] = None,
) -> None:
    torch.set_num_threads(1)
    settings = SentimentSettings(model=model)
    classifier = load_classifier(settings)
    texts, truth = read_labelled_texts(data) if data else read_dev(treebank)
    clear = int((truth != 1).sum())
    figures: dict[str, Any] = {
        "model": classifier.model,
        "arithmetic": _arithmetic(classifier),
        "data": data.name if data else "SST dev",
        "sentences": {"positive or negative": clear, "neutral": len(texts) - clear},
        "quality": quality(classifier.probabilities(texts), truth),
        **_in_32_bits(classifier, settings, texts, truth),
        "latency_one_core": latency(classifier, texts[:200]),
        "size_mb": _size_mb(resolve(settings).path),
        "bias_probe": {name: round(value, 4) for name, value in probe(classifier.probabilities).items()},
    }
    if spoken:
        figures["spoken"] = spoken_figures(classifier, *sample(texts, truth, spoken), models_dir)
    typer.echo(json.dumps(figures, indent=2))
    target = out or (RESULTS.with_name("sentiment-data.json") if data else RESULTS)
    if str(target) != "-":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _arithmetic(classifier: SentimentClassifier) -> str:
    if not classifier.eight_bits:
        return "32 bits"
    return f"weights in {8 if has_vnni() else 7} bits, activations in 8"


def _size_mb(folder: Path) -> float:
    """The size of the weights in MB, in whichever format they are."""
    files = list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


def _in_32_bits(classifier: SentimentClassifier, settings: SentimentSettings, texts: list[str], truth: Labels) -> Any:
    """Quality and latency in 32 bits, where the classifier uses 8 bits."""
    if not classifier.eight_bits:
        return {}
    whole = SentimentClassifier.from_folder(resolve(settings))
    return {
        "quality_32_bits": quality(whole.probabilities(texts), truth),
        "latency_32_bits": latency(whole, texts[:200]),
    }


if __name__ == "__main__":
    typer.run(main)
