"""What a clone on Windows holds: lines end in LF, although git is told to make CRLF of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.processes import ROOT
from tests.support.require import binary

_READ_BY_LINUX = (
    ".env.example", ".gitattributes", "Makefile", "constraints.txt", "*/Dockerfile", "scripts/*", "deploy/**/*",
    "wta/ledger/lua/*.lua", "docker-compose*.yml",
)  # fmt: skip


def test_a_clone_with_autocrlf_holds_what_linux_can_read(tmp_path: Path) -> None:
    # Given a repository with what shells, Docker, Redis and Caddy read
    files = sorted({f for pattern in _READ_BY_LINUX for f in ROOT.glob(pattern) if f.is_file() and f.suffix != ".pyc"})
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for file in files:
        copy = origin / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    git = [binary("git", "apt-get install git"), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "-m", "Everything"]):
        subprocess.run([*git, *command], cwd=origin, check=True)
    # When git of Windows clones it
    subprocess.run([*git, "clone", "--quiet", "-c", "core.autocrlf=true", origin, clone], check=True)
    # Expect every file as it is here
    assert len(files) > 30
    changed = [file for file in files if (clone / file.relative_to(ROOT)).read_bytes() != file.read_bytes()]
    assert changed == []
