"""Blocks of docs/speakers.md, as Markdown, of speakers.json."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, percent, table


def speakers(figures: dict[str, Any]) -> str:
    """Conversations and meetings: how wrong the turns are, when an utterance ends and at the end."""
    rows = [_row(f"made, {name}", found) for name, found in figures["conversations"].items()]
    columns = (
        "recordings", "error rate (DER): at once", "at the end", "of it missed / wrong speaker",
        "sentences with a wrong speaker: at once", "at the end", "speakers: true / found",
    )  # fmt: skip
    return table(columns, [*rows, _row("meetings", figures["meetings"])])


def voices(figures: dict[str, Any]) -> str:
    """Pairs of voices by the length of the speech, and what a voice costs."""
    rows = [
        (f"{seconds} s", one["pieces"], percent(one["equal_error"]), f"{one['cosine_same']:.2f}",
         f"{one['cosine_different']:.2f}", f"{figures['cpu_ms'][seconds]:.0f} ms")
        for seconds, one in figures["equal_error"].items()
    ]  # fmt: skip
    columns = "speech", "pieces", "equal error rate", "mean cosine, same", "different", "CPU time on one core"
    beside = paragraph(
        f"Beside the speech engine, which has been used before, the network takes {figures['memory_mb']:.0f} MB more "
        f"memory. The processor was an {figures['machine']['processor']}, busy with other work at the same time."
    )
    return f"{table(columns, rows)}\n\n{beside}"


def _row(name: str, found: dict[str, Any]) -> tuple[str, ...]:
    online, at_end = found["online"], found["at_end"]
    return (
        name, percent(online["der"]), percent(at_end["der"]),
        f"{percent(at_end['missed'])} / {percent(at_end['confused'])}",
        f"{online['wrong']} of {online['sentences']}", f"{at_end['wrong']} of {at_end['sentences']}",
        f"{found['speakers']} / {at_end['speakers_found']}",
    )  # fmt: skip
