"""Measures how good the sentiment is: `python -m benchmarks.sentiment [--data FILE]`, or `make eval-sentiment`."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.decision import decide, least_probability
from analyzer_worker.models.checkpoints import EMBEDDED_NAME, resolve
from analyzer_worker.settings import SentimentSettings
from benchmarks.sentiment.bias_probe import probe
from benchmarks.sentiment.labelled import Labels, read_dev, read_table
from inference.processor import has_vnni
from training import heard as listening
from training.evaluate import Floats, binary, ece, figures_of
from training.sst import natural
from wta.errors import WtaError
from wta.settings import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "sentiment.json"
SPOKEN = 400
"""How many sentences are spoken and transcribed, drawn by a seed; all where there are fewer."""


def quality(probabilities: Floats, truth: Labels) -> dict[str, float]:
    """Two-way figures on texts that are not neutral, and three-way figures where there are neutral texts.

    Args:
        probabilities: float64 [texts, 3].
    """
    clear = truth != 1
    positive = binary(probabilities[clear])
    two = figures_of(positive, truth[clear] == 2)
    two["macro_f1"] = _macro_f1(np.where(positive > 0.5, 2, 0), truth[clear], (0, 2))
    result = {name: round(value, 4) for name, value in two.items()}
    if clear.all():
        return result
    said = decide(probabilities)
    rows = np.arange(len(truth))
    chosen = probabilities[rows, truth]
    three = {
        "accuracy_three": float((said == truth).mean()),
        "macro_f1_three": _macro_f1(said, truth, (0, 1, 2)),
        "log_loss_three": float(-np.log(chosen.clip(1e-9)).mean()),
        "ece_three": ece(probabilities[rows, said], said == truth),
    }
    return result | {name: round(value, 4) for name, value in three.items()}


def _macro_f1(said: Labels, truth: Labels, labels: tuple[int, ...]) -> float:
    scores = [2 * ((said == k) & (truth == k)).sum() / max(1, (said == k).sum() + (truth == k).sum()) for k in labels]
    return float(np.mean(scores))


def latency(classifier: SentimentClassifier, texts: list[str]) -> dict[str, float]:
    """Percentiles of the time for one utterance in ms, one at a time, on one core."""
    classifier.classify(texts[:10])
    times_ms = []
    for text in texts:
        start = time.perf_counter()
        classifier.classify([text])
        times_ms.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def sample(texts: list[str], truth: Labels, count: int) -> tuple[list[str], Labels]:
    """Draw `count` texts with their labels by a seed, so that they are the same every time."""
    rows = sorted(random.Random(0).sample(range(len(texts)), min(count, len(texts))))
    return [texts[row] for row in rows], truth[rows]


def spoken_figures(classifier: SentimentClassifier, texts: list[str], truth: Labels, models_dir: Path) -> Any:
    """The figures of `flips` for each voice that is installed. A message names those that are missing."""
    figures = {}
    for name, voice in listening.VOICES.items():
        if not voice.is_installed:
            typer.echo(f"The voice {name} is left out: {voice.command[0]} is not installed.", err=True)
            continue
        try:
            hear = partial(
                listening.transcripts,
                voice=voice,
                cache=models_dir / "benchmarks" / f"transcripts-{name}.json",
                models_dir=models_dir,
            )
            figures[name] = flips(classifier, texts, truth, hear)
        except WtaError as error:
            typer.echo(f"The voice {name} is left out, so that it has no flip rate: {error}", err=True)
    return figures


def flips(
    classifier: SentimentClassifier, texts: list[str], truth: Labels, hear: Callable[[list[str]], list[listening.Heard]]
) -> Any:
    """How often the sentiment of what a recogniser heard differs from that of the text. Figures are shares, 0 to 1.

    flips: the label became its opposite.
    two_way_flips: of sentences that are not neutral, P(positive) against P(negative) changed sides, whatever the label.
    label_changes: the label changed, to and from NEUTRAL too.
    ..._by_text_alone: the figure if it were not known how sure the recogniser was.

    Args:
        hear: gives what the recogniser hears of spoken texts.
    """
    spoken = [natural(text) for text in texts]
    answers = hear(spoken)
    sentences, something = len(spoken), np.array([bool(answer.text) for answer in answers])
    spoken, heard, truth = _where(something, spoken), [a.text for a in answers if a.text], truth[something]
    least = np.array([least_probability(a.avg_logprob) for a in answers if a.text])
    before, after = classifier.probabilities(spoken), classifier.probabilities(heard)
    said, then, alone = decide(before), decide(after, least), decide(after)
    clear = truth != 1
    sides = (binary(before) > 0.5) != (binary(after) > 0.5)
    figures = {
        "flips": float((abs(said - then) == 2).mean()),
        "flips_by_text_alone": float((abs(said - alone) == 2).mean()),
        "two_way_flips": float(sides[clear].mean()),
        "label_changes": float((said != then).mean()),
        "neutral_on_text": float((said == 1).mean()),
        "neutral_on_transcripts": float((then == 1).mean()),
        "accuracy_three_on_transcripts": float((then == truth).mean()),
        "accuracy_three_by_text_alone": float((alone == truth).mean()),
        "word_error_rate": listening.word_error_rate(spoken, heard),
        **_flips_where_heard_well(said, then, spoken, heard),
        "accuracy_on_text": float(((binary(before) > 0.5) == (truth == 2))[clear].mean()),
        "accuracy_on_transcripts": float(((binary(after) > 0.5) == (truth == 2))[clear].mean()),
    }
    return {
        "sentences": sentences,
        "nothing_heard": sentences - len(heard),
        **{name: round(value, 4) for name, value in figures.items()},
    }


def _flips_where_heard_well(said: Labels, then: Labels, spoken: list[str], heard: list[str]) -> dict[str, float]:
    """The flips of sentences with at most one word in ten wrong: tiny.en understands people about so well."""
    rates = (listening.word_error_rate([one], [other]) for one, other in zip(spoken, heard, strict=True))
    well = np.array([rate <= 0.1 for rate in rates])
    flipped = (abs(said - then) == 2)[well]
    return {"heard_well": float(well.mean()), "flips_where_heard_well": float(flipped.mean()) if well.any() else 0.0}


def _where(wanted: NDArray[np.bool_], texts: list[str]) -> list[str]:
    return [text for text, keep in zip(texts, wanted, strict=True) if keep]


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
    classifier = SentimentClassifier.load(settings)
    texts, truth = read_table(data) if data else read_dev(treebank)
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
