"""Runs a command line, and shows errors as one line."""

from __future__ import annotations

import os
import sys

import typer

from wta.errors import WtaError


def enter(app: typer.Typer, name: str) -> None:
    """Run the command line `app` under `name`. An error meant for users is one line on stderr and exit status 1."""
    try:
        app(prog_name=name)
    except WtaError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except BrokenPipeError:  # the reader of the output has ended, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
