"""A real redis-server of the tests' own."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import redis

from tests.support.processes import Process, free_port
from tests.support.wait import wait_until
from wta.redis_access.local import find_redis_server, redis_command


class RedisServer:
    """Durable like the real one, on a port of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = Process("redis", redis_command(find_redis_server(), self.port, folder), {}, folder / "redis.log")

    def start(self) -> None:
        self.process.start()
        wait_until(self.client().ping, 20, "redis-server does not answer")

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.stop()
