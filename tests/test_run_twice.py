"""What `make test` makes of tests that fail once, twice or never."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

ALWAYS_PASSES = "def test_passes(): pass\n"
ALWAYS_FAILS = "def test_fails(): assert False\n"
IS_SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_skipped(): pass\n"
FAILS_ONCE = """
import pathlib, pytest
@pytest.mark.parametrize("where", ["a busy machine"])
def test_fails_once(where):
    mark = pathlib.Path(__file__).with_name("mark")
    assert mark.exists() or mark.touch()
"""
ID = "test_them.py::test_fails_once[a busy machine]"
FAILS_ONCE_AT_ITS_END = """
import pathlib, pytest
@pytest.fixture
def mark():
    yield
    mark = pathlib.Path(__file__).with_name("mark")
    assert mark.exists() or mark.touch()
def test_ends_badly_once(mark): pass
"""


def run_twice(folder: Path, content: str, **reasons: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of `content`; `reasons`: what tests/flaky.toml would hold."""
    (folder / "test_them.py").write_text(content)
    main = f"from tests.run_twice import main; raise SystemExit(main(['-c', '/dev/null', '--rootdir=.'], {reasons!r}))"
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", main]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_a_run_without_a_failure_says_how_many_tests_were_run(tmp_path: Path) -> None:
    done = run_twice(tmp_path, ALWAYS_PASSES + IS_SKIPPED)
    assert done.returncode == 0
    assert "1 tests run, 0 failed, 0 run again." in done.stdout


def test_a_test_that_passes_only_when_run_again_is_named_and_fails_the_run(tmp_path: Path) -> None:
    done = run_twice(tmp_path, ALWAYS_PASSES + FAILS_ONCE)
    assert done.returncode == 1
    assert "2 tests run, 1 failed, 1 run again: 1 passed then." in done.stdout
    assert f"Passed only when run again: {ID}: tests/flaky.toml has no reason for it" in done.stdout


def test_a_fixture_that_ends_well_only_when_run_again_fails_the_run(tmp_path: Path) -> None:
    done = run_twice(tmp_path, FAILS_ONCE_AT_ITS_END)
    assert done.returncode == 1
    assert "Passed only when run again: test_them.py::test_ends_badly_once: " in done.stdout


def test_a_reason_excuses_a_test_that_passes_only_when_run_again(tmp_path: Path) -> None:
    done = run_twice(tmp_path, FAILS_ONCE, **{ID: "Its clock is the machine's."})
    assert done.returncode == 0
    assert f"Passed only when run again: {ID}: Its clock is the machine's." in done.stdout


def test_an_empty_reason_excuses_nothing(tmp_path: Path) -> None:
    assert run_twice(tmp_path, FAILS_ONCE, **{ID: ""}).returncode == 1


def test_no_reason_excuses_a_test_that_fails_twice(tmp_path: Path) -> None:
    done = run_twice(tmp_path, ALWAYS_FAILS + FAILS_ONCE, **{"test_them.py::test_fails": "Why not.", ID: "Why not."})
    assert done.returncode == 1
    assert "2 tests run, 2 failed, 2 run again: 1 passed then." in done.stdout


@pytest.mark.parametrize("content", ["import nothing_of_this_name\n", "", "import os; os._exit(3)\n"])
def test_a_run_that_comes_to_no_verdict_fails(tmp_path: Path, content: str) -> None:
    done = run_twice(tmp_path, content)
    assert done.returncode > 1
    assert f"No verdict: pytest ended with status {done.returncode}." in done.stdout
