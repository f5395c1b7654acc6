"""How good the sentiment is: `python -m benchmarks.sentiment [--data FILE]`, or `make eval-sentiment`."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.models import EMBEDDED_NAME, resolve
from analyzer_worker.settings import SentimentSettings
from benchmarks import spoken_sst
from benchmarks.bias_probe import probe
from training.evaluate import Floats, binary, ece, figures_of
from training.sst import natural, read_trees
from wta.errors import WtaError

RESULTS = Path(__file__).parent / "results" / "sentiment.json"
Labels = NDArray[np.int64]
_WORDS = {"negative": 0, "neg": 0, "-1": 0, "neutral": 1, "neu": 1, "positive": 2, "pos": 2}
_SCALES = ({"0": 0, "1": 2}, {"0": 0, "1": 1, "2": 2}, {"0": 0, "1": 0, "2": 1, "3": 2, "4": 2})
"""Numbers as labels, by the highest there is: two classes, three, or the treebank's five."""


def read_table(path: Path) -> tuple[list[str], Labels]:
    """Lines of label<TAB>text (a first line `label<TAB>…` is skipped) → texts and indices into LABELS.

    Labels are words (positive, neg, NEUTRAL …) or numbers: 0 and 1; 0 to 2; or 0 to 4, as the treebank has them.
    """
    rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]
    rows = rows[1:] if rows and rows[0][0].strip().lower() == "label" else rows
    names = [label.strip().lower() for label, _ in rows]
    known = {**_WORDS, **next((scale for scale in _SCALES if set(names) - set(_WORDS) <= set(scale)), {})}
    strange = sorted(set(names) - set(known))
    if strange or not rows:
        raise typer.BadParameter(f"{path}: no lines of label<TAB>text, or labels that are unknown: {strange}")
    return [text for _, text in rows], np.array([known[name] for name in names])


def read_dev(folder: Path) -> tuple[list[str], Labels]:
    sentences = [tree[0] for tree in read_trees(folder / "dev.txt.gz")]
    return [s.text for s in sentences], np.array([int(np.sign(s.label - 2)) + 1 for s in sentences])


def quality(probabilities: Floats, truth: Labels) -> dict[str, float]:
    """Two-way figures on what is not neutral; three-way ones where there are neutral texts as well."""
    clear = truth != 1
    result = {name: round(v, 4) for name, v in figures_of(binary(probabilities[clear]), truth[clear] == 2).items()}
    if clear.all():
        return result
    said = probabilities.argmax(axis=1)
    chosen = probabilities[np.arange(len(truth)), truth]
    f1 = [2 * ((said == k) & (truth == k)).sum() / max(1, (said == k).sum() + (truth == k).sum()) for k in range(3)]
    three = {
        "accuracy_three": float((said == truth).mean()),
        "macro_f1_three": float(np.mean(f1)),
        "log_loss_three": float(-np.log(chosen.clip(1e-9)).mean()),
        "ece_three": ece(probabilities.max(axis=1), said == truth),
    }
    return result | {name: round(value, 4) for name, value in three.items()}


def latency(classifier: SentimentClassifier, texts: list[str]) -> dict[str, float]:
    """ms per utterance, one at a time, on one core."""
    classifier.classify(texts[:10])
    times_ms = []
    for text in texts:
        start = time.perf_counter()
        classifier.classify([text])
        times_ms.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def sample(texts: list[str], truth: Labels, count: int) -> tuple[list[str], Labels]:
    """`count` of them by a seed: the same ones every time."""
    rows = sorted(random.Random(0).sample(range(len(texts)), min(count, len(texts))))
    return [texts[row] for row in rows], truth[rows]


def flips(classifier: SentimentClassifier, texts: list[str], truth: Labels, cache: Path, models_dir: Path) -> Any:
    """How often the sentiment of what a recogniser heard differs from that of the text.

    flips: the label became its opposite. two_way_flips: P(positive) against P(negative) changed sides, neutral or not,
    of sentences that are not neutral. label_changes: any other label, to and from NEUTRAL too.
    """
    spoken = [natural(text) for text in texts]
    heard = spoken_sst.transcripts(spoken, cache, models_dir)
    sentences, something = len(spoken), np.array([bool(text) for text in heard])
    spoken, heard, truth = _where(something, spoken), _where(something, heard), truth[something]
    before, after = classifier.probabilities(spoken), classifier.probabilities(heard)
    said, then = before.argmax(axis=1), after.argmax(axis=1)
    clear = truth != 1
    sides = (binary(before) > 0.5) != (binary(after) > 0.5)
    figures = {
        "flips": float((abs(said - then) == 2).mean()),
        "two_way_flips": float(sides[clear].mean()),
        "label_changes": float((said != then).mean()),
        "word_error_rate": spoken_sst.word_error_rate(spoken, heard),
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
    """Of the sentences with at most one word in ten wrong: a person speaking to tiny.en is understood about so well."""
    rates = (spoken_sst.word_error_rate([one], [other]) for one, other in zip(spoken, heard, strict=True))
    well = np.array([rate <= 0.1 for rate in rates])
    flipped = (abs(said - then) == 2)[well]
    return {"heard_well": float(well.mean()), "flips_where_heard_well": float(flipped.mean()) if well.any() else 0.0}


def _where(wanted: NDArray[np.bool_], texts: list[str]) -> list[str]:
    return [text for text, keep in zip(texts, wanted, strict=True) if keep]


def main(
    data: Annotated[
        Path | None, typer.Option(help="Lines of label<TAB>text; without it the treebank's dev set.")
    ] = None,
    model: Annotated[str, typer.Option(help="A folder, a hub id, or `embedded`.")] = EMBEDDED_NAME,
    treebank: Annotated[Path, typer.Option(help="Folder of the treebank.")] = Path("../shared/data/sst"),
    spoken: Annotated[
        int | None, typer.Option(help="How many sentences are spoken and transcribed; 200 of the dev set, else none.")
    ] = None,
    models_dir: Annotated[Path, typer.Option(help="Folder of the speech model.")] = Path("models"),
    out: Annotated[Path | None, typer.Option(help="Where the figures go; '-' for nowhere.")] = None,
) -> None:
    torch.set_num_threads(1)
    settings = SentimentSettings(model=model)
    classifier = SentimentClassifier.load(settings)
    texts, truth = read_table(data) if data else read_dev(treebank)
    clear = int((truth != 1).sum())
    spoken = spoken if spoken is not None else 0 if data else 200
    figures: dict[str, Any] = {
        "model": classifier.model,
        "arithmetic": "8 bits" if classifier.eight_bits else "32 bits",
        "data": data.name if data else "SST dev",
        "sentences": {"positive or negative": clear, "neutral": len(texts) - clear},
        "quality": quality(classifier.probabilities(texts), truth),
        **_in_32_bits(classifier, settings, texts, truth),
        "latency_one_core": latency(classifier, texts[:200]),
        "size_mb": round((resolve(settings).path / "model.safetensors").stat().st_size / 1e6, 1),
        "bias_probe": {name: round(value, 4) for name, value in probe(classifier.probabilities).items()},
    }
    if spoken and shutil.which("espeak-ng"):
        try:
            cache = models_dir / "benchmarks" / "spoken.json"
            figures["spoken"] = flips(classifier, *sample(texts, truth, spoken), cache, models_dir)
        except WtaError as error:
            typer.echo(f"Not spoken: {error}", err=True)
    typer.echo(json.dumps(figures, indent=2))
    target = out or (RESULTS.with_name("sentiment-data.json") if data else RESULTS)
    if str(target) != "-":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _in_32_bits(classifier: SentimentClassifier, settings: SentimentSettings, texts: list[str], truth: Labels) -> Any:
    """What the 8 bits cost, where they are used."""
    if not classifier.eight_bits:
        return {}
    whole = SentimentClassifier.from_folder(resolve(settings))
    return {"quality_32_bits": quality(whole.probabilities(texts), truth)}


if __name__ == "__main__":
    typer.run(main)
