"""`scripts/setup` on a newcomer's machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.processes import ROOT
from tests.support.require import binary, missing

_SETUP = str(ROOT / "scripts" / "setup")
_TRITON = {"2.13.0": "3.7.1"}
"""torch → the triton that its CUDA build needs. `make lock` does not know it, because the CPU build needs none."""


def test_a_machine_that_is_set_up_needs_no_network() -> None:
    # Given a machine that has no network at all
    offline = [binary("unshare", "apt-get install util-linux"), "--net"]
    if subprocess.run([*offline, "true"], capture_output=True, check=False).returncode:
        missing("the right to make a network namespace", "run the tests as root")
    # When it is set up once more, as every `make run` does
    answer = subprocess.run([*offline, _SETUP], capture_output=True, text=True, timeout=120, check=False)
    # Expect the models to be there, and nothing to be waited for or given up
    assert answer.returncode == 0 and "tiny.en" in answer.stdout, answer.stderr


def test_who_may_install_nothing_is_told_what_to_install(tmp_path: Path) -> None:
    # Given a machine without Python, and somebody who is not root there
    for program in ("bash", "dirname", "env"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    (tmp_path / "id").write_text("#!/usr/bin/env bash\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    # When they set it up, expect words
    answer = subprocess.run(
        [_SETUP], env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1
    assert "please install: python3 python3-venv" in answer.stderr and "sudo apt-get install" in answer.stderr


def test_what_is_pinned_can_be_installed_beside_torchs_cuda_build() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    assert pins["triton"] == _TRITON[pins["torch"]]
