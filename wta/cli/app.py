"""The commands of `python -m wta`, put together."""

from __future__ import annotations

import os
import sys

import typer

from wta.cli.doctor import doctor
from wta.cli.keys import keys
from wta.cli.models import models
from wta.cli.run import run
from wta.cli.settings import settings
from wta.cli.stream import stream
from wta.errors import WtaError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Speech in, live text and sentiment out.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(stream)
app.command()(models)
app.command()(doctor)
app.command()(settings)
app.add_typer(keys, name="keys")


def main() -> None:
    """Errors that a user can do something about are one line on stderr and exit status 1."""
    try:
        app(prog_name="wta")
    except WtaError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except BrokenPipeError:  # who read the output has gone: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
