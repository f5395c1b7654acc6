"""Puts the commands of `python -m wta` together."""

from __future__ import annotations

import typer

from wta.cli.doctor import doctor
from wta.cli.entry import enter
from wta.cli.keys import keys
from wta.cli.models import models
from wta.cli.run import run
from wta.cli.settings import settings
from wta.cli.stream import stream
from wta.cli.webhooks import webhooks
from wta.cli.wyoming import wyoming

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
app.command()(wyoming)
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")


def main() -> None:
    """Run the command that the arguments name."""
    enter(app, "wta")
