"""Results as the ledger tells them, and as they stand in the listener's log."""

from __future__ import annotations

import re
from pathlib import Path

import redis

from wta import names
from wta.messages import Label, Models, Result, ResultStatus, Timings

_LABELS = list(Label)
_ID = re.compile(r" (\d+-\d+)$")


def make_result(seq: int = 1, text: str = "I like it", session: str = "5e5510a000000001", **fields: object) -> Result:
    return Result.model_validate(
        {
            "utterance_id": f"{session}:{seq}", "session_id": session, "seq": seq, "trace_id": "t", "start": 1.0,
            "end": 3.5, "text": text, "label": _LABELS[seq % 3], "score": 0.75, "models": Models(),
            "timings": Timings(captured=100.0, published=100.5),
        }
        | fields
    )  # fmt: skip


def failed_result(seq: int = 1, reason: str = "three workers died of it") -> Result:
    return make_result(seq, status=ResultStatus.FAILED, text=None, label=None, score=None, reason=reason)


def add(client: redis.Redis, result: Result) -> str:
    """Put a result where the ledger puts it; returns the id it got."""
    return client.xadd(names.RESULTS_STREAM, {"json": result.to_json()}).decode()


def result_lines(*paths: Path) -> list[str]:
    """Result lines of the files, oldest file first."""
    text = "".join(p.read_text() for p in paths if p.exists())
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def ids(*paths: Path) -> list[str]:
    """Stream ids in the order in which they stand in the files. A line without one fails the test."""
    found = [_ID.search(line) for line in result_lines(*paths)]
    assert all(found), "a line without an id"
    return [match[1] for match in found if match]
