"""Reads texts with labels from a file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""int64 [texts]: indices into NEGATIVE, NEUTRAL, POSITIVE."""
_WORDS = {"negative": 0, "neg": 0, "label_0": 0, "neutral": 1, "neu": 1, "positive": 2, "pos": 2, "label_1": 2}
_SCALES = (
    {"-1": 0, "0": 1, "1": 2},
    {"0": 0, "1": 2},
    {"0": 0, "1": 1, "2": 2},
    {"0": 0, "1": 0, "2": 1, "3": 2, "4": 2},
)
"""Scales of numbers as labels. The first scale that has all numbers of a file is used; the one with -1 only for -1."""
_LABEL, _TEXT = {"label", "labels", "sentiment", "polarity", "target"}, {"text", "sentence", "review", "phrase"}


def read_labelled_texts(path: Path) -> tuple[list[str], Labels]:
    """Read lines of label<TAB>text, plain or compressed (.gz), into texts and labels. Empty lines are left out.

    Labels are words (positive, neg, NEUTRAL, ...) or numbers: 0 and 1; -1 to 1; 0 to 2; or 0 to 4, as the treebank has
    them. The first line may name the columns, and may name them in the other order. Raises typer.BadParameter, which
    names the line that is wrong.
    """
    rows = _rows(path)
    if rows:
        first, second = (field.strip().lower() for field in rows[0][1])
        turned = first in _TEXT and second in _LABEL
        if turned or first in _LABEL:
            rows = [(line, fields[::-1] if turned else fields) for line, fields in rows[1:]]
    if not rows:
        raise typer.BadParameter(f"{path} holds no lines of label<TAB>text.")
    known = _known({_name(label) for _, (label, _) in rows})
    for line, (label, text) in rows:
        if _name(label) not in known:
            raise typer.BadParameter(
                f"{path}, line {line}: the label {label.strip()!r} is unknown. Known are negative, neutral, positive, "
                "or numbers: 0 and 1; -1 to 1; 0 to 2; 0 to 4."
            )
        if not text.strip():
            raise typer.BadParameter(f"{path}, line {line}: there is no text after the label.")
    truth = np.array([known[_name(label)] for _, (label, _) in rows])
    if (truth == 1).all():
        raise typer.BadParameter(f"{path}: no text is positive or negative, so there is nothing to measure.")
    return [text.strip() for _, (_, text) in rows], truth


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The number of each line, and its two fields."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = content.decode("utf-8-sig").split("\n")
    except (OSError, EOFError) as error:  # the second from a file that was compressed only in part
        raise typer.BadParameter(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not text in UTF-8.") from error
    rows = [(number, line.split("\t", 1)) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, fields in rows:
        if len(fields) != 2:
            raise typer.BadParameter(f"{path}, line {number}: no tab between label and text: {fields[0][:60]!r}.")
    return rows


def _name(label: str) -> str:
    return label.strip().strip('"').lower().removeprefix("+").removesuffix(".0")


def _known(names: set[str]) -> dict[str, int]:
    numbers = names & {number for scale in _SCALES for number in scale}
    scales = _SCALES if "-1" in numbers else _SCALES[1:]
    return {**_WORDS, **next((scale for scale in scales if numbers <= set(scale)), {})}
