"""The blocks of docs/performance.md about hard voices (voices.json) and about voices far away (rooms.json)."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import percent, table


def voices(figures: dict[str, Any]) -> str:
    """Errors of our engine and of openai-whisper's, for each corpus and noise, and over all English."""
    columns = (
        "speech", "kitchen's noise", "size", "errors (%)", "openai-whisper's", "difference (95 %)",
        "lost", "openai-whisper lost", "done twice", "CPU time saved",
    )  # fmt: skip
    rows = [_row(f"{one['corpus']} ({one['model']})", one) for one in figures["rows"]]
    return table(columns, rows) + "\n\n" + _over_all(figures["rows"])


def _row(name: str, one: dict[str, Any]) -> tuple[object, ...]:
    noise = "none" if one["noise_db"] is None else f"{one['noise_db']} dB"
    low, high = one["difference_ci95"]
    return (
        name, noise, f"{one['size']} {one['unit']}", one["error_rate"], one["error_rate_openai_whisper"],
        f"{one['difference']:+.2f} ({low:+.1f} to {high:+.1f})", one["lost"], one["lost_openai_whisper"],
        percent(one["retry_rate"]), f"{one['cpu_ratio']:.1f} times",
    )  # fmt: skip


def _over_all(rows: list[dict[str, Any]]) -> str:
    english = [one for one in rows if one["unit"] == "words"]
    words = sum(one["size"] for one in english)
    difference = sum(one["difference"] * one["size"] for one in english) / words
    return f"Over all {words} words of English the difference is {difference:+.2f} points."


def rooms(figures: dict[str, Any]) -> str:
    """What the voice detection hears of meetings, for each variant."""
    return table(("voice detection", "speech covered", "silence taken for speech", "least covered"), [
        (name, percent(one["covered"]), percent(one["false"]),
         f"{percent(one['worst_covered'])} ({one['worst'].partition('.')[0]})")
        for name, one in figures["rooms"].items()
    ])  # fmt: skip
