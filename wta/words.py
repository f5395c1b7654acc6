"""Where words begin in a text of any script.

Chinese, Japanese, Thai and a few more write no spaces between words. There each character stands for a word: it is what
a reader sees appear, and what can be counted without a dictionary.
"""

from __future__ import annotations

import re
import string
import unicodedata

PUNCTUATION = string.punctuation + "…“”\u2018\u2019¿¡" + "。、，！？：；「」『』（）《》〈〉【】・।॥؟،؛۔"  # noqa: RUF001
"""Marks that may stand around a word, of the scripts that are spoken most."""

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese
)
_MARKS = "ー" + "".join(c for c in map(chr, range(0x0E00, 0x3100)) if unicodedata.category(c).startswith("M"))
"""Characters that belong to the one before them, such as the vowels above and below Thai letters."""
_CHARACTER = f"[{_UNSPACED}][{_MARKS}]*"
_PIECE = re.compile(rf"{_CHARACTER}[{re.escape(PUNCTUATION)}]*|[^{_UNSPACED}]+")
_GLUE = "\u2060"
"""Word joiner, which no transcript has: it begins a piece that follows the one before it without a space."""


def pieces(text: str) -> list[str]:
    """The words of a text, and each character of a script without spaces, with the punctuation behind them.

    `joined` makes the text of them again, with single spaces.
    """
    found = []
    for word in text.replace(_GLUE, "").split():
        first, *others = _PIECE.findall(word)
        found += [first, *(_GLUE + other for other in others)]
    return found


def joined(parts: list[str]) -> str:
    """The text of some pieces that follow each other; one that continues a word before them begins the text."""
    return " ".join(parts).replace(f" {_GLUE}", "").removeprefix(_GLUE)


def bare(piece: str) -> str:
    """A piece without the punctuation around it, in lower case, to compare it with another."""
    return piece.removeprefix(_GLUE).strip(PUNCTUATION).casefold()


def count_words(text: str) -> int:
    """How many words a text has, counting each character of a script without spaces as one."""
    return sum(1 for piece in pieces(text) if any(character.isalnum() for character in piece))
