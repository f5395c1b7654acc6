"""The documents quote what was measured."""

from __future__ import annotations

import pytest

from benchmarks import figures
from benchmarks.speech import statistics


@pytest.mark.parametrize("document", figures.DOCUMENTS)
def test_documents_quote_the_newest_results(document: str) -> None:
    text = (figures.ROOT / document).read_text(encoding="utf-8")
    assert figures.quoting(text, figures.read_results()) == text, "run `make docs`"


@pytest.mark.parametrize("document", figures.DOCUMENTS)
def test_documents_have_all_their_blocks_and_no_other_marks(document: str) -> None:
    text = (figures.ROOT / document).read_text(encoding="utf-8")
    assert figures.names(text) == figures.DOCUMENTS[document]
    assert text.count("<!--") == 2 * len(figures.DOCUMENTS[document])


def test_a_block_says_what_its_results_say() -> None:
    results = figures.read_results()
    results["latest"]["end_of_speech"]["1"]["text_ms"]["p50"] = 1234
    text = figures.quoting("Before.\n<!-- figures: measured -->\nOld.\n<!-- end of figures -->\nAfter.\n", results)
    assert text.startswith("Before.\n<!-- figures: measured -->\nOur speech engine")
    assert text.endswith("\n<!-- end of figures -->\nAfter.\n")
    assert "Old." not in text and "1234 ms" in text


def test_ratio_is_that_of_the_same_utterances() -> None:
    found = statistics.ratio([2.0, 8.0], [1.0, 1.0])
    assert (found["geomean"], found["utterances"]) == (4.0, 2)
    assert found["ci95"] == [2.0, 8.0]
