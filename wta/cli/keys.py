"""`python -m wta keys` makes API keys and the secret of webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from wta.errors import WtaError
from wta.keys import ApiKeys, hash_secret, new_key
from wta.webhooks import new_secret

_HELP = "Make API keys and the secret of webhooks. Without API keys everybody who reaches the server may speak."

keys = typer.Typer(no_args_is_help=True, help=_HELP)


@keys.command()
def new(
    name: Annotated[str, typer.Argument(help="The owner's name: letters, digits, dots, dashes.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make a key for the dashboard, not for speaking.")] = False,
) -> None:
    """Make a key. It is shown only now: the settings hold nothing but its hash."""
    key = new_key()
    entry = f"{name}:{hash_secret(key)}"
    try:
        ApiKeys(entry)
    except ValueError as error:
        raise WtaError(f"{name!r} cannot be a key's name: letters, digits, dots, dashes, at most 64.") from error
    typer.echo(f"Key, for {name} alone:  {key}")
    typer.echo(f"For the server:  {'WTA_ADMIN_KEYS' if admin else 'WTA_API_KEYS'}={entry}")
    if not admin:
        typer.echo("                 (in WTA_READER_KEYS instead: to read what everybody says)")


@keys.command()
def webhook() -> None:
    """Make a secret for webhooks. Their receivers need it too, to check that a webhook comes from this server."""
    typer.echo(f"WTA_WEBHOOK_SECRET={new_secret()}")
