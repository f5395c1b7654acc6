"""The table of torn sentences, of endpoints.json."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import table

_RULES = {"silence": "silence alone", "words": "silence and words"}
_PARTS = {
    "speech": "LJSpeech, one reader, joined",
    "other": "LibriSpeech test-other",
    "accent": "Mandarin speakers' English",
    "meeting": "AMI meetings",
}


def endpoints(figures: dict[str, Any]) -> str:
    """Cuts inside sentences, the time to their text, and word error rates, by recordings and rule."""
    rows = [_row(what, by, figures[part][rule]) for part, what in _PARTS.items() for rule, by in _RULES.items()]
    whole = [
        (what, "nothing", *(None,) * 4, figures[part]["whole_wer"])
        for part, what in _PARTS.items()
        if "whole_wer" in figures[part]
    ]
    columns = (
        "recordings",
        "cut by",
        "sentences",
        "cuts inside",
        "ends missed",
        "end → text, p50 / p95",
        "WER (%)",
    )
    return table(columns, [*rows, *whole])


def _row(what: str, by: str, one: dict[str, Any]) -> tuple[object, ...]:
    times = "{p50} / {p95} ms".format(**one["text_ms"]) if "text_ms" in one else None
    return what, by, one.get("sentences"), one["cuts_inside"], one.get("ends_missed"), times, one.get("wer")
