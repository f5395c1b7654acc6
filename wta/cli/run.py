"""`python -m wta run` starts every service on this machine under one supervisor, until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import redis
import typer

from wta.errors import RedisUnavailableError, SettingsError, WtaError
from wta.exposure import open_to_strangers
from wta.local_redis import find_redis_server, redis_command
from wta.redis_client import connect
from wta.settings import PROJECT_ROOT, Settings, load_settings

_CONFIG = PROJECT_ROOT / "deploy" / "local" / "supervisord.conf"
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


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
    own_redis = not _redis_answers(settings)
    return os.environ | {
        "WTA_PYTHON": sys.executable,
        "WTA_STATE_DIR": str(state_dir),
        "WTA_WEBHOOKS": str(bool(settings.webhook_urls)).lower(),
        "WTA_OWN_REDIS": str(own_redis).lower(),
        "WTA_REDIS_COMMAND": shlex.join(_own_redis(settings, redis_dir)) if own_redis else "true",
    }


def _redis_answers(settings: Settings) -> bool:
    try:
        return bool(connect(settings).ping())
    except redis.AuthenticationError as error:
        raise RedisUnavailableError(f"Redis at WTA_REDIS_URL does not take its password: {error}") from error
    except redis.BusyLoadingError:  # it reads its file, and serves soon
        return True
    except redis.ConnectionError:
        return False
    except redis.RedisError as error:
        raise RedisUnavailableError(f"Redis at WTA_REDIS_URL answers, but refuses to serve: {error}") from error


def _own_redis(settings: Settings, folder: Path) -> list[str]:
    url = urlsplit(settings.redis_url)
    if url.hostname not in _LOCAL_HOSTS:
        raise RedisUnavailableError(f"Redis on {url.hostname} does not answer. Start it, or unset WTA_REDIS_URL.")
    return redis_command(find_redis_server(), url.port or 6379, folder)


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise WtaError(f"Port {settings.port} is in use. Choose another: WTA_PORT=8001 make run") from error
