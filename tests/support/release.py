"""Older code of this project, out of its own history."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.processes import ROOT

GIT = ("git", "-c", "safe.directory=*", "-C", str(ROOT))
"""The checkout may belong to somebody else than the tests."""
OLDEST_OF_THIS_FORMAT = "e19a5b09ec5deab73771a4d5c8416b2cdc5dd4cc"
"""The oldest code that has the ledger's present format (2), and so may run side by side with this one."""
NEWEST_OF_FORMAT_1 = "6b1a1c1ca7724a2e3ad0b4f291673dc75d988e35"
"""Version 0.9.0: its web service ends by itself once a newer version has come, its workers do not."""


def older_code(commit: str, folder: Path) -> Path:
    """Write the whole project as it was at `commit` into a new folder, and return that folder.

    Where the history is not there the test is skipped, and says so.
    """
    folder.mkdir(parents=True)
    command = [*GIT, "archive", "--format=tar", commit]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as archive:
        assert archive.stderr is not None
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=False, stderr=subprocess.DEVNULL)
        said = archive.stderr.read()
    if archive.returncode:
        no_history(commit, said)
    return folder


def no_history(commit: str, said: str) -> NoReturn:
    """Skip a test that needs the code of `commit`, which git has not got, as in a shallow clone."""
    pytest.skip(
        f"This test runs the code of commit {commit[:12]}, which the history here does not have. Where the clone is"
        f" shallow, `git fetch --unshallow` brings it. git says: {said.strip()}"
    )
