"""The table of models in docs/models.md."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, table

_COLUMNS = ("model", "own memory, loaded", "most while loading", "counted by `auto`, limit", "8.1 s on one core")


def models(results: dict[str, Any]) -> str:
    """What each size takes, and how it was measured."""
    rows = [_row(name, one) for name, one in results["models"].items() if "core_s" in one]
    weighed = "; ".join(
        f"{name} {one['core_s_with_weights']} s and {one['own_mb_with_weights']} MB"
        for name, one in results["models"].items()
        if "core_s_with_weights" in one
    )
    about = paragraph(
        f"Measured on {results['machine']['processor']}, {results['made']}, as the processor's time of one thread, "
        "because other work was going on. All sizes were measured without their weights, over other numbers, which is "
        f"the same computation. With their weights, engine and all: {weighed}."
    )
    return f"{table(_COLUMNS, rows)}\n\n{about}"


def _row(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    english = "" if name in {"turbo", "large-v3"} else f", {name}.en"
    return (
        f"{name}{english}",
        f"{one['own_mb']} MB",
        f"{one['peak_mb']} MB",
        f"{one['limit_mb']} MB, {_limit(one['limit_mb'])}",
        f"{one['core_s']:.2f} s",
    )


def _limit(needed_mb: int) -> str:
    """A container's limit that leaves a quarter, in half gigabytes."""
    return f"{-(-needed_mb * 5 // 4 // 500) / 2:g} GB"
