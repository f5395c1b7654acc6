"""Reads the treebank's dev set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analyzer_worker.models.labelled_texts import Labels
from training.sst import read_trees


def read_dev(folder: Path) -> tuple[list[str], Labels]:
    """Read the treebank's dev sentences and their labels from the treebank's folder."""
    sentences = [tree[0] for tree in read_trees(folder / "dev.txt.gz")]
    return [s.text for s in sentences], np.array([int(np.sign(s.label - 2)) + 1 for s in sentences])
