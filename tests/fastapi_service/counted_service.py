"""The web service, telling on SIGUSR1 how many tasks it has."""

from __future__ import annotations

import asyncio
import signal
import sys

from fastapi_service.__main__ import make_server
from wta.settings import load_settings


def main() -> None:
    server = make_server(load_settings())

    def tell(*_: object) -> None:
        sys.stderr.write(f"tasks={len(asyncio.all_tasks(server.servers[0].get_loop()))}\n")

    signal.signal(signal.SIGUSR1, tell)
    server.run()


if __name__ == "__main__":
    main()
