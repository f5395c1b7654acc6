"""`python -m tests.run_twice [ARGUMENTS OF PYTEST]` runs every test, and once more, alone, what failed.

Machines that run tests are often busy, so what fails is tried again when all others are done. What fails twice has
failed. What passes only then is listed by name, and fails the run too unless tests/flaky.toml has a reason for it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

FLAKY = Path(__file__).with_name("flaky.toml")
_SOME_FAILED = 1
_AGAIN = ["--last-failed", "--last-failed-no-failures", "none"]


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to: its exit status, and the ids of the tests that ran and of those that failed."""

    status: int
    ran: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


def main(arguments: list[str], reasons: dict[str, str]) -> int:
    """Run what `arguments` name; returns the exit status: 0 where every test passed, at once or with a reason why not.

    Args:
        arguments: Of pytest.
        reasons: Why a test may pass only when run again, by the id of the test.
    """
    first = run(["--durations=20", *arguments])
    if first.status != _SOME_FAILED:
        counts = f"{len(first.ran)} tests run, 0 failed, 0 run again."
        print(f"No verdict: pytest ended with status {first.status}." if first.status else counts)
        return first.status
    print("Once more, only what failed:", flush=True)
    again = run([*_AGAIN, *arguments])
    flaky = sorted(first.failed - again.failed)
    counts = f"{len(first.ran)} tests run, {len(first.failed)} failed, {len(again.ran)} run again"
    print(f"{counts}: {len(flaky)} passed then.")
    for test in flaky:
        print(f"Passed only when run again: {test}: {reasons.get(test) or 'tests/flaky.toml has no reason for it'}")
    return again.status or int(not all(map(reasons.get, flaky)))


def run(arguments: list[str]) -> Outcome:
    """Run pytest with its output on the terminal."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = ["-m", "pytest", "-o", "junit_family=xunit1", f"--junit-xml={report}", *arguments]
        status = subprocess.run([sys.executable, *command], check=False).returncode
        return Outcome(status, *_read(report)) if report.is_file() else Outcome(status)


def _read(report: Path) -> tuple[frozenset[str], frozenset[str]]:
    cases = list(ET.parse(report).iter("testcase"))
    ran = {_id(case) for case in cases if case.find("skipped") is None}
    return frozenset(ran), frozenset(_id(case) for case in cases if {"failure", "error"} & {each.tag for each in case})


def _id(case: ET.Element) -> str:
    return f"{case.get('file')}::{case.get('name')}"


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches pytest too, which is waited for while it cleans up
    sys.exit(main(sys.argv[1:], tomllib.loads(FLAKY.read_text(encoding="utf-8"))))
