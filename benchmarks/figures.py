"""Figures in documents: `<!-- sentiment:quality.accuracy -->91.2 %` stands for a value of results/sentiment.json.

`python -m benchmarks.figures` writes the measured values into the documents; a test keeps them equal.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "docs/sentiment.md", "analyzer_worker/embedded/README.md")
FIGURE = re.compile(r"<!-- (?P<file>[a-z]+):(?P<keys>[a-z0-9_.-]+) -->(?P<value>-?[0-9.]+)(?P<percent> %)?")


def shown(found: re.Match[str]) -> str:
    """What the figure should say, with as many digits as it has now. Raises KeyError where it was not measured."""
    measured: Any = json.loads((ROOT / "benchmarks" / "results" / f"{found['file']}.json").read_text(encoding="utf-8"))
    for key in found["keys"].split("."):
        measured = measured[key]
    digits = len(found["value"].partition(".")[2])
    return f"{measured * (100 if found['percent'] else 1):.{digits}f}"


def main() -> None:
    for document in DOCUMENTS:
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        path.write_text(
            FIGURE.sub(lambda m: f"<!-- {m['file']}:{m['keys']} -->{shown(m)}{m['percent'] or ''}", text),
            encoding="utf-8",
        )


if __name__ == "__main__":
    typer.run(main)
