"""What tests share stands in modules of its own."""

from __future__ import annotations

import re

from tests.support.processes import ROOT

_OUT_OF_A_TEST = re.compile(r"^\s*(?:from|import)\b.*\b(?:conftest|test_\w+)\b", re.MULTILINE)


def test_nothing_is_imported_out_of_a_test_or_a_conftest() -> None:
    files = [path for folder in ("tests", "chaos", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    assert files
    assert not [path for path in files if _OUT_OF_A_TEST.search(path.read_text(encoding="utf-8"))]
