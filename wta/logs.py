"""Logs of the services: one line for each event, on stderr. A line never holds a transcript or a token."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from wta.error_words import error_trace, error_words
from wta.settings import Settings

log = logging.getLogger(__name__)

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


class _WithoutWords(logging.Filter):
    """Takes the message of every error out of a line: it may hold what was said."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _wordless(record.msg), _wordless(record.args)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._tell(record, error)
        return True

    @staticmethod
    def _tell(record: logging.LogRecord, error: BaseException) -> None:
        record.exc_info, record.exc_text = None, error_trace(error)
        if isinstance(
            record.args, Mapping
        ):  # Celery's line of a failed task holds the error as text, and again in `data`
            record.args = {**record.args, "exc": error_words(error), "traceback": ""}
            vars(record).pop("data", None)
        # asyncio's line names the task that failed, with its error, below the first line.
        record.msg, record.args = record.getMessage().partition("\n")[0], None


def _wordless(value: Any) -> Any:
    """`value`, in which every error is replaced by what a log may say of it."""
    match value:
        case BaseException():
            return error_words(value)
        case tuple():
            return tuple(map(_wordless, value))
        case dict():
            return {key: _wordless(part) for key, part in value.items()}
    return value


class _AsText(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.context = "".join(f" {name}={value}" for name, value in _about.get().items())
        return True


class _AsFields(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        vars(record).update(_about.get())
        return True


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    log.critical("a thread was ended by an error", exc_info=args.exc_value)


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
    handler.addFilter(_WithoutWords())
    if threading.excepthook is threading.__excepthook__:  # otherwise somebody else, such as pytest, listens
        threading.excepthook = _thread_failed
        sys.excepthook = lambda kind, error, trace: log.critical("ended by an error", exc_info=(kind, error, trace))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # These loggers name every request, connection or task, some of them twice, and tokens in a query.
    # sse_starlette logs what is said.
    for chatty in ("httpx", "httpcore", "urllib3", "numba", "websockets", "uvicorn.access", "celery.worker.strategy",
                   "celery.app.trace", "sse_starlette"):  # fmt: skip
        logging.getLogger(chatty).setLevel(logging.WARNING)
