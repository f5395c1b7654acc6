"""Writes a run's weights to analyzer_worker/embedded, in a small file and calibrated.

Usage: `python -m training.export models/training/run1/pass5`. Most matrices are stored as 8-bit floats (e4m3), the rest
as 16-bit floats. The configuration says float32, so that `from_pretrained` widens them (docs/adr/sentiment-storage.md).
"""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from safetensors.torch import load_file, save_file

from analyzer_worker.calibration import fit
from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models.checkpoints import EMBEDDED
from analyzer_worker.models.labelled_texts import Labels
from training.comments import split, with_names
from training.encoder import trained
from training.evaluate import binary_figures
from training.sst import Phrase, load_corpus, natural

_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
_FINER = re.compile(r"classifier|position_embeddings")


def stored(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convert matrices to float8_e4m3fn, and vectors and the small matrices that every text goes through to float16."""

    def kind(name: str, tensor: torch.Tensor) -> torch.dtype:
        return torch.float16 if tensor.ndim == 1 or _FINER.search(name) else torch.float8_e4m3fn

    return {name: tensor.to(kind(name, tensor)).contiguous() for name, tensor in weights.items()}


def main(
    source: Annotated[Path, typer.Argument(help="Folder that save_pretrained wrote.")],
    version: Annotated[str, typer.Option(help="Version in the model's name, which every result carries.")],
    data: Path = Path("../shared/data/sst"),
    comments: Annotated[Path | None, typer.Option(help="Folder of comments; held ones join the calibration.")] = None,
    target: Path = EMBEDDED,
    threads: int = 1,
) -> None:
    torch.set_num_threads(threads)
    corpus = load_corpus(data)
    target.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (target / name).write_bytes((source / name).read_bytes())
    weights = target / "model.safetensors"
    save_file(stored(load_file(source / "model.safetensors")), weights, metadata={"format": "pt"})
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    weights.chmod(0o644)
    (target / "model.safetensors.sha256").write_text(f"{digest}  model.safetensors\n", encoding="utf-8")
    (target / "VERSION").write_text(version + "\n", encoding="utf-8")
    for folder in (source, target):
        typer.echo(f"{folder.name}: held {binary_figures(*trained(folder), corpus.held)}")
    # Calibrate what the worker computes.
    worker = SentimentClassifier.from_folder(ModelFolder(version, target, "path"), int8=True)
    texts, labels = _held_texts(corpus.held, comments)
    fitted = fit(worker.logits(texts), labels)
    fitted.save(target)
    typer.echo(f"{weights.stat().st_size / 1e6:.1f} MB, {fitted}")


def _held_texts(sentences: list[Phrase], comments: Path | None) -> tuple[list[str], Labels]:
    """Held sentences as the treebank writes them and as people do, and held comments, with their labels."""
    texts = [s.text for s in sentences] + [natural(s.text) for s in sentences]
    labels = [int(np.sign(s.label - 2)) + 1 for s in sentences * 2]
    chance, others = random.Random(0), split(comments)[1] if comments else []
    texts += [with_names(comment.text, chance) for comment in others]
    return texts, np.array(labels + [comment.label for comment in others])


if __name__ == "__main__":
    typer.run(main)
