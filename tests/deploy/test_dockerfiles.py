"""What the Dockerfiles copy, as far as that shows without Docker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_DOCKERFILES = sorted(ROOT.glob("*/Dockerfile"))


@pytest.mark.parametrize("file", _DOCKERFILES, ids=lambda file: file.parent.name)
def test_everything_copied_is_let_into_the_build(file: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copies = [line.split()[1:-1] for line in file.read_text().splitlines() if line.startswith("COPY ")]
    sources = {word for words in copies if not words[0].startswith("--from") for word in words}
    assert sources, "no COPY was found"
    assert {source.partition("/")[0] for source in sources} <= let_in


@pytest.mark.parametrize("file", _DOCKERFILES, ids=lambda file: file.parent.name)
def test_an_image_says_what_it_is(file: Path) -> None:
    last_stage = file.read_text().rpartition("\nFROM ")[2]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last_stage))
    assert set(labels) == {"title", "description", "licenses", "version", "revision", "source"}
    assert all(labels.values()) and labels["licenses"] == "MIT"
    arguments = last_stage[: last_stage.index("LABEL ")]
    for name in ("VERSION", "REVISION", "SOURCE"):
        assert labels[name.lower()] == f"${name}" and f"{name}=" in arguments
