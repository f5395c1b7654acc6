"""deploy/redis/prepare.sh, which prepares an installation under compose, in folders of the test."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_FOLDERS = ("secrets", "deploy", "data", "models", "caddy", "uploads", "logs")
_CHOWN = """#!/bin/sh
echo "$@" >>"$GIVEN"
case "$*" in *"$STUBBORN"*) exit 1 ;; esac
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in _FOLDERS:
        (tmp_path / name).mkdir()
    (tmp_path / "deploy/users.acl").write_text((ROOT / "deploy/redis/users.acl").read_text())
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/chown").write_text(_CHOWN)
    (tmp_path / "bin/chown").chmod(0o755)
    return tmp_path


def prepare(root: Path, stubborn: str = "nothing is") -> str:
    """Run the script. `stubborn`: part of the names of files that can be given to nobody. Returns what it says."""
    script = (ROOT / "deploy/redis/prepare.sh").read_text()
    for name in _FOLDERS:
        script = re.sub(rf"(?<![\w./]){re.escape('/' + name)}\b", str(root / name), script)
    env = {"PATH": f"{root}/bin:{os.environ['PATH']}", "GIVEN": str(root / "given"), "STUBBORN": stubborn}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=env, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def given(root: Path) -> str:
    return (root / "given").read_text()


def test_the_password_is_made_once_and_redis_knows_it(root: Path) -> None:
    prepare(root)
    url = (root / "secrets/wta_redis_url").read_text()
    prepare(root)
    assert (root / "secrets/wta_redis_url").read_text() == url
    assert re.fullmatch(r"redis://wta:[0-9a-f]{48}@redis:6379/0", url)
    assert "PASSWORD_HASH" not in (root / "secrets/users.acl").read_text()


def test_the_log_is_given_to_the_listener(root: Path) -> None:
    (root / "logs/result_listener.log").write_text("a line\n")
    assert prepare(root) == ""
    assert f"{root}/logs/result_listener.log" in given(root)
    assert (root / "logs/result_listener.log").stat().st_mode & 0o777 == 0o640


def test_of_a_folder_with_other_things_in_it_only_the_log_is_touched(root: Path) -> None:
    for name in ("result_listener.log", "somebody.else"):
        (root / "logs" / name).write_text("")
    assert "holds other files" in prepare(root)
    assert "somebody.else" not in given(root) and f"{root}/logs\n" not in given(root)


def test_a_disk_that_knows_no_owners_is_said_and_everything_starts(root: Path) -> None:
    (root / "logs/result_listener.log").write_text("")
    said = prepare(root, stubborn="/logs")
    assert said.count("cannot be given to user 10001") == 2
