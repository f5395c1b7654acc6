"""Words in texts with and without spaces between them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wta.words import bare, count_words, joined, pieces

CASES = json.loads((Path(__file__).parents[1] / "golden" / "words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "words"), CASES)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words
    assert joined(pieces(text)) == text


def test_a_character_of_a_script_without_spaces_is_a_piece_with_its_marks() -> None:
    assert [bare(piece) for piece in pieces("我用 iPhone。 ชื่อ")] == ["我", "用", "iphone", "ชื่", "อ"]


@given(st.text())
def test_no_text_loses_more_than_its_spaces(text: str) -> None:
    text = text.replace("\u2060", "")
    assert joined(pieces(text)) == " ".join(text.split())
