"""The documents quote what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report, statistics
from benchmarks.__main__ import RESULTS


@pytest.mark.parametrize("file", [report.README, report.PERFORMANCE], ids=lambda file: file.name)
def test_documents_quote_the_latest_results(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert report.quoting(text, RESULTS) == text, "run: python -m benchmarks report"


def test_ratio_is_that_of_the_same_utterances() -> None:
    found = statistics.ratio([2.0, 8.0], [1.0, 1.0])
    assert (found["geomean"], found["utterances"]) == (4.0, 2)
    assert found["ci95"] == [2.0, 8.0]
