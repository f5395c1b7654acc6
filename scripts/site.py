"""Makes the site of documents (mkdocs.yml): `make site`, then open .run/site/index.html.

The documents link to each other and to files of the project, from where they are. So they are collected, with every
file that one of them links to, into a folder that has the same shape.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / ".run" / "site-source"
_LEFT_OUT = ("node_modules", "output", "__pycache__", "build", "dist")
_LINK = re.compile(r"(?:\]\(|src=\")(?!https?:|#|mailto:)([^)#\s\"]+)")


def documents() -> Iterator[Path]:
    """Every document of the project."""
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder)
        others = (name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        folders[:] = [name for name in others if here / name != ROOT / "models"]
        yield from (here / name for name in files if name.endswith(".md"))


def linked(document: Path) -> Iterator[Path]:
    """The files and folders of the project that a document links to."""
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        target = (document.parent / link).resolve()
        if target.exists() and target.is_relative_to(ROOT):
            yield target


def collect() -> None:
    """Copy documents, and what they link to, into an empty SOURCE."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    found = set(documents())
    for path in found | {target for document in found for target in linked(document)}:
        copy = SOURCE / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            shutil.copyfile(path, copy)
        elif not (path / "README.md").exists():
            copy.mkdir(exist_ok=True)
            (copy / "README.md").write_text(contents(path), encoding="utf-8")


def contents(folder: Path) -> str:
    """A page for a folder that has none of its own."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in _LEFT_OUT)
    return "\n".join([f"# {folder.relative_to(ROOT)}", "", *(f"- `{name}`" for name in names), ""])


if __name__ == "__main__":
    collect()
    build = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    # The theme advertises its successor at every start (docs/dependencies.md).
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    sys.exit(subprocess.run(build, cwd=ROOT, env=quiet, check=False).returncode)
