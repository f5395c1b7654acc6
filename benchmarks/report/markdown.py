"""Pieces of Markdown that every block is made of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120
"""Of the documents' prose, in characters."""


def paragraph(text: str) -> str:
    """The text in lines of WIDTH; no word is broken."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a cell for each value; None gives an empty cell."""
    return "\n".join([_row(columns), "|---" * len(columns) + "|", *map(_row, rows)])


def percent(share: float) -> str:
    """0.9215 → "92.2 %"."""
    return f"{share * 100:.1f} %"


def _row(cells: Sequence[object]) -> str:
    return "|" + "".join(" |" if cell in ("", None) else f" {cell} |" for cell in cells)
