"""A few faults, and a small storm, on one running system. All of them: `make chaos` and `make storm`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chaos.registry import all_faults
from chaos.run import Runner, Verdict
from chaos.storm import run_storm
from tests.support.processes import ROOT

QUICK = [fault for fault in all_faults().values() if fault.quick]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("chaos"), seed=1)
    yield runner
    runner.close()


@pytest.mark.parametrize("number", [fault.number for fault in QUICK], ids=[fault.title for fault in QUICK])
def test_a_quick_fault_leaves_each_utterance_answered_once(runner: Runner, number: int) -> None:
    verdict, words = runner.make(all_faults()[number])
    if verdict is Verdict.SKIP:
        pytest.skip(words)
    assert verdict is Verdict.PASS, words


def test_a_small_storm_doubles_nothing(runner: Runner) -> None:
    assert "0 doubled" in run_storm(runner.shared(), utterances=10, kill_every_s=3)


def test_every_row_of_the_table_has_its_fault() -> None:
    table = (ROOT / "docs" / "faults.md").read_text().split("| # | fault |")[1]
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert list(all_faults()) == rows == list(range(1, len(rows) + 1))
