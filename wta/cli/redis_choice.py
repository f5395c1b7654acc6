"""Chooses the Redis of `wta run`: the one that is named, one that is ours, or a new one of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import redis

from wta.errors import RedisUnavailableError
from wta.ports import first_free
from wta.redis_access.clients import connect
from wta.redis_access.foreign import why_foreign
from wta.redis_access.local import find_redis_server, redis_command
from wta.settings import Settings

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_OWN_PORTS = range(6380, 6480)
"""Ports of our own Redis where somebody else's has the usual one."""


@dataclass(frozen=True, slots=True)
class RedisChoice:
    """Which Redis the services use."""

    url: str
    command: list[str] = field(default_factory=list)
    """Starts it; empty where it runs already."""
    note: str = ""
    """What the operator should know of it."""


def choose_redis(settings: Settings, folder: Path) -> RedisChoice:
    """Choose a Redis. One of our own keeps its data in `folder`, whatever its port.

    Raises RedisUnavailableError where none answers and none can be started here.
    """
    try:
        client = connect(settings)
        if "redis_url" not in settings.model_fields_set and (why := why_foreign(client)):
            return _beside_the_foreign(settings, folder, why)
        client.ping()
    except redis.AuthenticationError as error:
        raise RedisUnavailableError(f"Redis at WTA_REDIS_URL does not take its password: {error}") from error
    except redis.BusyLoadingError:  # it reads its file, and serves soon
        pass
    except redis.ConnectionError:
        if "redis_url" not in settings.model_fields_set and first_free("127.0.0.1", range(6379, 6380)) is None:
            return _beside_the_foreign(settings, folder, "it does not speak as a Redis does")
        return RedisChoice(settings.redis_url, _own_redis(settings, folder))
    except redis.RedisError as error:
        raise RedisUnavailableError(f"Redis at WTA_REDIS_URL answers, but refuses to serve: {error}") from error
    return RedisChoice(settings.redis_url)


def _beside_the_foreign(settings: Settings, folder: Path, why: str) -> RedisChoice:
    port = first_free("127.0.0.1", _OWN_PORTS)
    if port is None:
        raise RedisUnavailableError(f"The Redis at {settings.redis_url} is not ours, as {why}. Set WTA_REDIS_URL.")
    url = f"redis://127.0.0.1:{port}/0"
    note = (
        f"The Redis at {settings.redis_url} is not ours, as {why}, so this starts one at {url}. "
        f"For other commands while it runs: export WTA_REDIS_URL={url}"
    )
    return RedisChoice(url, redis_command(find_redis_server(), port, folder), note)


def _own_redis(settings: Settings, folder: Path) -> list[str]:
    url = urlsplit(settings.redis_url)
    if url.hostname not in _LOCAL_HOSTS:
        raise RedisUnavailableError(f"Redis on {url.hostname} does not answer. Start it, or unset WTA_REDIS_URL.")
    return redis_command(find_redis_server(), url.port or 6379, folder)
