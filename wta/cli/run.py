"""`python -m wta run` starts every service on this machine under one supervisor, until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import sys

import typer

from wta.cli.output_relay import make_reopenable
from wta.cli.redis_choice import choose_redis
from wta.errors import SettingsError, WtaError
from wta.exposure import open_to_strangers
from wta.ports import check_can_listen
from wta.settings import PROJECT_ROOT, Settings, load_settings

_CONFIG = PROJECT_ROOT / "deploy" / "local" / "supervisord.conf"


def run() -> None:
    """Start everything on this machine. Ctrl-C stops it."""
    try:
        settings = load_settings()
        _check_port(settings)
        if not _CONFIG.is_file():
            raise SettingsError("`wta run` needs a checkout of the project: an installed package has the parts alone.")
        environment = supervisor_environment(settings)
    except WtaError as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error
    typer.echo(f"Starting. The page will be on http://localhost:{settings.port}  (Ctrl-C stops everything)")
    if warning := open_to_strangers(settings):
        typer.secho(warning, err=True, fg="red", bold=True)
    typer.echo(f"Results: tail -f {settings.result_log}")
    os.chdir(PROJECT_ROOT)
    make_reopenable()
    os.execve(  # noqa: S606 - the supervisor replaces this process, so that Ctrl-C reaches it
        sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-c", str(_CONFIG)], environment
    )


def supervisor_environment(settings: Settings) -> dict[str, str]:
    """Make the environment that supervisord.conf reads.

    Raises RedisUnavailableError where Redis does not answer and cannot be started here.
    """
    state_dir = settings.state_dir.absolute()
    redis_dir = state_dir / "redis"
    redis_dir.mkdir(parents=True, exist_ok=True)
    chosen = choose_redis(settings, redis_dir)
    if chosen.note:
        typer.echo(chosen.note)
    return os.environ | {
        "WTA_PYTHON": shlex.quote(sys.executable),
        "WTA_STATE_DIR": str(state_dir),
        "WTA_REDIS_URL": chosen.url,
        "WTA_WEBHOOKS": str(bool(settings.webhook_urls)).lower(),
        "WTA_OWN_REDIS": str(bool(chosen.command)).lower(),
        "WTA_REDIS_COMMAND": shlex.join(chosen.command) or "true",
    }


def _check_port(settings: Settings) -> None:
    try:
        check_can_listen(settings.host, settings.port)
    except OSError as error:
        where = f"Port {settings.port} of {settings.host} cannot be had: {error.strerror}"
        raise WtaError(f"{where}. Choose another: WTA_PORT=8001 make run") from error
