"""The web service, telling on SIGUSR1 how many tasks it has."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvicorn

from fastapi_service.__main__ import make_config
from wta.settings import load_settings


def main() -> None:
    server = uvicorn.Server(make_config(load_settings()))

    def tell(*_: object) -> None:
        sys.stderr.write(f"tasks={len(asyncio.all_tasks(server.servers[0].get_loop()))}\n")

    signal.signal(signal.SIGUSR1, tell)
    server.run()


if __name__ == "__main__":
    main()
