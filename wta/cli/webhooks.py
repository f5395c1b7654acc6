"""`python -m wta webhooks` lists the results that could not be sent to other servers, and sends them again.

`python -m wta.cli.webhooks` does the same where the other commands are not installed, as in the worker's container.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, cast

import redis
import typer

from wta import names
from wta.cli.entry import enter
from wta.errors import RedisUnavailableError, WtaError
from wta.redis_access.clients import connect
from wta.settings import load_settings_or_exit

webhooks = typer.Typer(no_args_is_help=True, help="List given-up webhooks, or send them again (docs/webhooks.md).")


@webhooks.command("list")
def list_given_up() -> None:
    """List the ids of given-up webhooks, and when they were given up, the oldest first."""
    for delivery, since_s in _given_up(_redis()).items():
        typer.echo(f"{delivery}  {datetime.fromtimestamp(since_s, UTC):%Y-%m-%d %H:%M:%SZ}")


@webhooks.command()
def retry(
    deliveries: Annotated[list[str] | None, typer.Argument(help="Ids, as `list` prints them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send everything that was given up.")] = False,
) -> None:
    """Send given-up webhooks again, with as many attempts as new ones."""
    client = _redis()
    given_up = _given_up(client)
    wanted = list(given_up) if everything else deliveries or []
    if not wanted and not everything:
        raise WtaError("Say which to send: ids, as `python -m wta webhooks list` prints them, or --all.")
    if unknown := [delivery for delivery in wanted if delivery not in given_up]:
        raise WtaError(f"These are not given up, or forgotten: {', '.join(unknown)}. Nothing was changed.")
    if wanted:
        with client.pipeline() as pipe:
            pipe.zadd(names.WEBHOOKS_PENDING, dict.fromkeys(wanted, 0.0), nx=True)
            pipe.zrem(names.WEBHOOKS_DEAD, *wanted)
            pipe.execute()
    typer.echo(f"{len(wanted)} will be sent again.")


def _redis() -> redis.Redis:
    client = connect(load_settings_or_exit())
    try:
        client.ping()
    except redis.RedisError as error:
        raise RedisUnavailableError(f"Redis does not answer: {error}") from error
    return client


def _given_up(client: redis.Redis) -> dict[str, float]:
    """Delivery id → Unix time (s) at which it was given up."""
    found = cast("list[tuple[bytes, float]]", client.zrange(names.WEBHOOKS_DEAD, 0, -1, withscores=True))
    return {delivery.decode(): since_s for delivery, since_s in found}


if __name__ == "__main__":
    enter(webhooks, "webhooks")
