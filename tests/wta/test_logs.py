"""What a service logs, as text and as JSON."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from wta import logs
from wta.settings import Settings

log = logging.getLogger("wta.test")


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
