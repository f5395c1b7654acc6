"""Blocks of docs/languages.md, as Markdown: of languages.json."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, table


def languages(figures: dict[str, Any]) -> str:
    """How often a language was mistaken, how soon a change is followed, and the Korean text."""
    found = figures["languages"]
    rows = [
        (f"{heading}: {kind}", one["sentences"], one["wrong"])
        for heading in ("each sentence a session of its own", "sentences of one session")
        for kind, one in found[heading].items()
    ]
    followed = ", ".join(
        f"{count} with sentence {number}" for number, count in found["sentences until the language is followed"].items()
    )
    cer = found["cer_korean"]
    words = paragraph(
        f"After one sentence in one language and then several in another, the new one was written in: {followed}. The "
        f"character error rate of the Korean sentences is {cer['ours']} %, and that of openai-whisper's own greedy "
        f"decode {cer['openai-whisper']} %. Every {_nth(figures['every'])} sentence of the long sets was taken."
    )
    return f"{table(('', 'sentences', 'wrong language'), rows)}\n\n{words}"


def foreign(figures: dict[str, Any]) -> str:
    """What tiny.en holds to be another language."""
    return table(("heard by tiny.en", "sentences", "said to be another language"), [
        (kind, one["sentences"], one["said to be another language"])
        for kind, one in figures["languages"]["foreign"].items()
    ])  # fmt: skip


def _nth(number: int) -> str:
    return {1: "single", 2: "second", 3: "third"}.get(number, f"{number}th")
