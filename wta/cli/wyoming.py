"""`python -m wta wyoming` serves Home Assistant, and others that speak Wyoming's protocol.

`python -m wta.cli.wyoming` does the same where the other commands are not installed, as in the web service's container.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from wta import logs
from wta.cli.address import websocket_url
from wta.cli.entry import enter
from wta.errors import WtaError
from wta.settings import load_settings_or_exit

log = logging.getLogger(__name__)


def wyoming(
    listen: Annotated[str, typer.Option(help="Where to listen: tcp://HOST:PORT.")] = "tcp://127.0.0.1:10300",
    url: Annotated[str | None, typer.Option(help="The server, for example ws://localhost:8000/ws/audio.")] = None,
    key: Annotated[str | None, typer.Option(envvar="WTA_API_KEY", help="API key, where the server wants one.")] = None,
) -> None:
    """Serve clients of Wyoming's protocol, such as Home Assistant (docs/wyoming.md)."""
    try:
        from wyoming.server import AsyncServer  # noqa: PLC0415 - the other commands do not need the package

        from wta.wyoming.handler import WyomingHandler  # noqa: PLC0415
    except ImportError as error:
        raise WtaError("The package wyoming is missing: pip install wyoming") from error
    settings = load_settings_or_exit()
    logs.setup("wyoming", settings)
    server = websocket_url(url, settings)
    try:
        door = AsyncServer.from_uri(listen)
    except ValueError as error:
        raise WtaError(f"--listen {listen}: {error}") from error
    log.info("listening at %s for %s", listen, server)
    with suppress(KeyboardInterrupt):
        asyncio.run(door.run(partial(WyomingHandler, url=server, key=key)))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(wyoming)

if __name__ == "__main__":
    enter(app, "wyoming")
