"""The documents name only what is there: paths, links, commands. Their prose fits into 120 columns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_ENDINGS = "acl|conf|css|html|js|json|lua|md|png|ps1|py|svg|toml|yaml|yml"
_PATH = re.compile(rf"(?:[\w.*-]+/)+(?:[\w.*-]+)?|[\w*-][\w.*-]*\.(?:{_ENDINGS})")
"""Folders and files; in quotes alone, since prose has `and/or`."""
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
_COMMAND = re.compile(r"python -m ([a-z_]+(?:\.[a-z_]+)*)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MADE_LATER = ("logs/", "models/", ".run/", "tests/output/")
_FOREIGN = "](https://github.com/"
"""A line with such a link names the files of another project."""


def everything() -> Iterator[str]:
    """Paths of all files and folders of the project, from the root on; folders end with a slash."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_OURS]
        here = Path(folder).relative_to(ROOT).as_posix()
        yield from (f"{here}/{name}" for name in files)
        yield f"{here}/"


_NOT_OURS = ("__pycache__", "node_modules", "output")
KNOWN = [f"/{path}" for path in everything()]
DOCUMENTS = sorted(ROOT / path[1:] for path in KNOWN if path.endswith(".md") and not path.startswith("/models/"))


def is_there(path: str) -> bool:
    """Whether a file or a folder has this path, from the root or from a folder on."""
    return path.startswith(_MADE_LATER) or any(
        fnmatch(known, f"*/{path}") or known.endswith(f"/{path}/") for known in KNOWN
    )


def headings(document: Path) -> set[str]:
    """Anchors that a document has."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_a_path_that_is_gone_is_noticed() -> None:
    there = [
        "wta/settings.py",
        "settings.py",
        "wta/ledger/",
        "wta/ledger",
        "ledger/lua/*.lua",
        "logs/result_listener.log",
    ]
    assert all(map(is_there, there))
    assert not any(map(is_there, ["wta/places.py", "ettings.py", "wta/leger/", "ledger/*.js"]))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_what_is_there(document: Path) -> None:
    text = "\n".join(line for line in document.read_text(encoding="utf-8").splitlines() if _FOREIGN not in line)
    paths = [quoted for quoted in _QUOTED.findall(text) if _PATH.fullmatch(quoted)]
    modules = [
        module.replace(".", "/") for module in _COMMAND.findall(text) if (ROOT / module.partition(".")[0]).is_dir()
    ]
    assert [path for path in paths if not is_there(path)] == []
    assert [m for m in modules if not (is_there(f"{m}.py") or is_there(f"{m}/__main__.py"))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_links_of_a_document_lead_somewhere(document: Path) -> None:
    for path, anchor in _LINK.findall(document.read_text(encoding="utf-8")):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not anchor or anchor in headings(target), f"{path}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_prose_of_a_document_fits_into_120_columns(document: Path) -> None:
    prose = _FENCE.sub("", document.read_text(encoding="utf-8")).splitlines()
    assert [line for line in prose if len(line) > 120 and not line.lstrip().startswith("|")] == []
