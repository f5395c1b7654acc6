"""Logs of the services: one line for each event, on stderr. A line never holds a transcript or a token."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

from wta.settings import Settings

_TIME = "%Y-%m-%dT%H:%M:%S"
_TEXT = "%(asctime)s.%(msecs)03dZ %(levelname)s {service} %(name)s %(message)s%(context)s"
_JSON = "%(asctime)s %(levelname)s %(name)s %(message)s"
_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Add `fields`, such as `trace`, to every line that this thread or task logs in the body of `with`."""
    token = _about.set(_about.get() | fields)
    try:
        yield
    finally:
        _about.reset(token)


class _AsText(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.context = "".join(f" {name}={value}" for name, value in _about.get().items())
        return True


class _AsFields(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        vars(record).update(_about.get())
        return True


def setup(service: str, settings: Settings) -> None:
    """Configure the root logger of this process, whose lines name `service`. Times are UTC."""
    handler = logging.StreamHandler()
    formatter: logging.Formatter
    if settings.log_format == "json":
        rename = {"asctime": "time", "levelname": "level", "name": "logger"}
        formatter = JsonFormatter(
            _JSON, _TIME + "Z", rename_fields=rename, static_fields={"service": service}, json_ensure_ascii=False
        )
        handler.addFilter(_AsFields())
    else:
        formatter = logging.Formatter(_TEXT.format(service=service), _TIME)
        handler.addFilter(_AsText())
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # These loggers name every request, connection or task, some of them twice, and tokens in a query.
    # sse_starlette logs what is said.
    for chatty in ("httpx", "httpcore", "urllib3", "numba", "websockets", "uvicorn.access", "celery.worker.strategy",
                   "celery.app.trace", "sse_starlette"):  # fmt: skip
        logging.getLogger(chatty).setLevel(logging.WARNING)
