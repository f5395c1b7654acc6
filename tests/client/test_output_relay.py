"""What the supervisor writes to can be opened anew and never breaks, whatever stdout is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_PROGRAM = """
import os, sys
from wta.cli.output_relay import make_reopenable
make_reopenable()
for number in (1, 2):
    file = open(f"/dev/fd/{number}", "ab", buffering=0)
    for _ in range(3):
        file.write(b"x" * 100_000)
open(sys.argv[1], "w").close()
"""


def run(tmp_path: Path, output: int | None, wrapper: tuple[str, ...] = ()) -> None:
    """Expect the program to write to its stdout and stderr until its end."""
    command = [*wrapper, sys.executable, "-c", _PROGRAM, str(tmp_path / "done")]
    assert subprocess.run(command, cwd=ROOT, stdout=output, stderr=output, timeout=60, check=False).returncode == 0
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_a_reader_that_has_gone_ends_nobody(tmp_path: Path, kind: str) -> None:
    if kind == "socket":
        reader, writer = (end.detach() for end in socket.socketpair())
    else:
        reader, writer = os.pipe()
    os.close(reader)
    try:
        run(tmp_path, writer)
    finally:
        os.close(writer)


@pytest.mark.parametrize("closed", [">&- 2>&-", "<&- >&- 2>&-", "2>&-"])
def test_there_may_be_no_output_at_all(tmp_path: Path, closed: str) -> None:
    run(tmp_path, subprocess.DEVNULL, ("sh", "-c", f'exec "$@" {closed}', "sh"))


def test_what_a_socket_gets_is_whole(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    with here, there:
        command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "done")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=there, stderr=there)
        there.close()
        with here.makefile("rb") as output:
            assert len(output.read()) == 600_000
        assert process.wait(60) == 0
