"""Writes a result as one line of fixed columns, whatever its text holds, and reads ids back from such lines."""

from __future__ import annotations

import json
import re
from collections import deque
from datetime import datetime

from listener_service.stream_id import StreamId
from wta.messages import Result, ResultStatus

FAILED = "FAILED"
NO_LABEL = "-"
_REDACTED = "[redacted]"
_RESULT_LINE = re.compile(rb"^\d{4}-\d\d-\d\dT[^\n]* (\d+-\d+)$", re.MULTILINE)


def label_of(result: Result) -> str:
    """Return what the label column says."""
    if result.status is ResultStatus.FAILED:
        return FAILED
    return result.label or NO_LABEL


def format_result(result: Result, stream_id: StreamId, with_text: bool) -> str:
    """Return the line of one result, without its line feed.

    Columns: UTC time, session, #number, label, score, text, audio seconds, latency, stream id. The text is a JSON
    string, so that line feeds, tabs and terminal control sequences stay inside it as escapes; a reason follows it in
    brackets. The id comes last: the newest complete line tells where to go on.
    """
    score = "  -  " if result.score is None else f"{result.score:.3f}"
    latency = "-" if result.latency_s is None else f"{result.latency_s:.2f}s"
    return (
        f"{format_time(stream_id.time)}  {_printable(result.session_id):<16}  #{result.seq:04d}  "
        f"{label_of(result):<8}  {score}  {_words(result, with_text)}  "
        f"audio {result.audio_seconds:.2f}s  latency {latency}  {stream_id}"
    )


def format_time(time: datetime) -> str:
    """Write a UTC time to the millisecond: 2026-01-31T12:00:00.000Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def last_id(block: bytes) -> StreamId | None:
    """Return the id of the last result line in `block`. Lines of any other kind are passed over."""
    found = deque(_RESULT_LINE.finditer(block), maxlen=1)
    return StreamId.parse(found[0][1]) if found else None


def first_id(block: bytes) -> StreamId | None:
    """Return the id of the first result line in `block`."""
    found = _RESULT_LINE.search(block)
    return StreamId.parse(found[1]) if found else None


def _words(result: Result, with_text: bool) -> str:
    text = "-"
    if result.text is not None:
        text = _quoted(result.text) if with_text else _REDACTED
    return text if result.reason is None else f"{text} ({_printable(result.reason)})"


def _quoted(text: str) -> str:
    return _printable(json.dumps(text, ensure_ascii=False))


def _printable(text: str) -> str:
    """Escape what a terminal would obey or a reader would not see (controls, line separators, bidi overrides)."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
