"""What a service logs, as text and as JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
import redis
from celery import Celery
from pydantic import TypeAdapter, ValidationError

from tests.support.redis_server import RedisServer
from wta import logs
from wta.settings import Settings

log = logging.getLogger("wta.test")
_SAID = "my doctor says it is cancer"


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    logging.basicConfig(level=level, handlers=handlers, force=True)


def test_a_line_of_text_has_the_trace_of_what_it_is_about(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.setup("stt_worker", settings)
    with logs.about(trace="abc"):
        log.info("audio -> text utterance=%s", "s:1")
    log.info("ready")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z INFO stt_worker wta.test audio -> text utterance=s:1 trace=abc", first
    )
    assert second.endswith("wta.test ready")


def test_a_line_of_json_has_its_fields(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup("listener_service", settings.model_copy(update={"log_format": "json"}))
    with logs.about(trace="abc"):
        log.warning("größer")
    line = json.loads(capsys.readouterr().err)
    assert line.pop("time").endswith("Z")
    expected = {"level": "WARNING", "logger": "wta.test", "service": "listener_service", "message": "größer"}
    assert line == expected | {"trace": "abc"}


def _full_redis(server: RedisServer) -> None:
    client = server.client()
    client.config_set("maxmemory", 1)
    with client.pipeline() as pipe:
        pipe.set("state", _SAID)
        pipe.execute()


def _invalid_input(_: RedisServer) -> None:
    TypeAdapter(int).validate_json(f'"{_SAID}"')


def _led_to(error: RedisServer) -> None:
    try:
        _invalid_input(error)
    except ValidationError as cause:
        raise RuntimeError(_SAID) from cause


def _as_argument(error: Exception) -> None:
    log.warning("Redis does not answer: %s", error)
    log.warning("of two: %r %s", error, "well")


def _as_message(error: Exception) -> None:
    log.error(error)


def _with_traceback(error: Exception) -> None:
    log.error("it failed", exc_info=error)


def _by_celery(error: Exception) -> None:
    app = Celery("test", set_as_current=False)

    def fail() -> None:
        raise error

    app.task(name="stt.partial")(fail).apply()


def _by_asyncio(error: Exception) -> None:
    async def fail() -> None:
        raise error

    async def forget() -> None:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])

    asyncio.run(forget())


def _by_a_thread(error: Exception) -> None:
    thread = threading.Thread()
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))


def _by_the_end_of_the_process(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("fail", [_full_redis, _invalid_input, _led_to])
@pytest.mark.parametrize(
    "tell",
    [_as_argument, _as_message, _with_traceback, _by_celery, _by_asyncio, _by_a_thread, _by_the_end_of_the_process],
)
def test_an_error_is_told_without_the_words_that_it_was_about(
    tell: Callable[[Exception], None],
    fail: Callable[[RedisServer], None],
    format_: Literal["text", "json"],
    redis_server: RedisServer,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a service, and an error whose message holds what was said
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    logs.setup("stt_worker", settings.model_copy(update={"log_format": format_}))
    try:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each kind of error has its turn
            fail(redis_server)
    finally:
        redis_server.client().config_set("maxmemory", 0)
    assert _SAID in str(raised.value)
    # When it is told
    tell(raised.value)
    # Expect its kind in the log, and no word of what was said
    told = capsys.readouterr().err
    assert type(raised.value).__name__ in told
    assert "cancer" not in told and "doctor" not in told


def test_an_error_of_the_network_says_what_happened(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup("stt_worker", settings)
    with pytest.raises(redis.ConnectionError) as away:
        redis.Redis(port=1).ping()
    log.warning("Redis does not answer: %s", away.value)
    assert "ConnectionError: Error 111 connecting to localhost:1" in capsys.readouterr().err
