"""The contracts in pyproject.toml: an import that breaks one of them is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_SECTION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

_BROKEN = [
    ("services", "listener_service/line.py", "import webhook_worker.sender"),
    ("shared", "wta/logs.py", "import listener_service"),
    ("shared", "wta/mood.py", "def level() -> None:\n    import torch"),
    ("inference", "inference/linear.py", "from stt_worker import settings"),
    ("torch", "fastapi_service/audio/vad.py", "import torch"),
    ("product", "stt_worker/settings.py", "from chaos.voice import Voice"),
    ("web", "fastapi_service/sessions/connection.py", "from fastapi_service.deepgram import messages"),
    ("web", "fastapi_service/audio/vad.py", "from fastapi_service.recording import recorder"),
    ("web", "fastapi_service/extra.py", ""),
    ("circles", "wta/errors.py", "from wta import settings"),
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python files of the project, to be changed by a test."""
    folder = tmp_path_factory.mktemp("walls")
    for name in _SECTION["root_packages"]:
        for file in (ROOT / name).rglob("*.py"):
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("contract", "file", "line"), _BROKEN, ids=[f"{c} {f}" for c, f, _ in _BROKEN])
def test_a_broken_wall_is_found(packages: Path, contract: str, file: str, line: str) -> None:
    # Given a tree in which the contract is kept
    assert lint(packages, contract).returncode == 0
    path = packages / file
    before = path.read_text() if path.exists() else None
    # When somebody adds an import, or a package without a place
    path.write_text(f"{before or ''}\n{line}\n")
    found = lint(packages, contract)
    path.unlink() if before is None else path.write_text(before)
    # Expect the linter to name the contract and to end with an error
    assert found.returncode == 1 and "BROKEN" in found.stdout, found.stdout


def test_every_package_is_within_the_walls() -> None:
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} == set(_SECTION["root_packages"])
