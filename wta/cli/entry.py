"""What every command line does with errors."""

from __future__ import annotations

import os
import sys

import typer

from wta.errors import WtaError


def enter(app: typer.Typer, name: str) -> None:
    """Run it. Errors that a user can do something about are one line on stderr and exit status 1."""
    try:
        app(prog_name=name)
    except WtaError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except BrokenPipeError:  # who read the output has gone: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
