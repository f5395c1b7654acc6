"""Logs of the services: one line an event, to stderr, never a transcript or a token."""

from __future__ import annotations

import logging
import time

from wta.settings import Settings

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s {service} %(name)s %(message)s"


def setup(service: str, settings: Settings) -> None:
    """Configure the root logger of this process. Times are UTC."""
    formatter = logging.Formatter(_FORMAT.format(service=service), "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # These name every request, connection or task (twice): noise, and tokens in a query.
    for chatty in ("httpx", "httpcore", "urllib3", "numba", "websockets", "uvicorn.access", "celery.worker.strategy",
                   "celery.app.trace"):  # fmt: skip
        logging.getLogger(chatty).setLevel(logging.WARNING)
