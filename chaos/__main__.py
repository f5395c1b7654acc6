"""`python -m chaos`: make the faults; `python -m chaos storm` and `python -m chaos soak` for longer trials."""

from __future__ import annotations

import logging
import sys

import typer

from chaos.run import run
from chaos.soak import soak
from chaos.storm import storm

_OTHERS = {"storm": storm, "soak": soak}


def main() -> None:
    """Start the trial that the first word names; else hand all words to `run`."""
    logging.basicConfig(level=logging.ERROR)  # broken connections are expected here
    command = _OTHERS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command:
        del sys.argv[1]
    typer.run(command or run)


if __name__ == "__main__":
    main()
