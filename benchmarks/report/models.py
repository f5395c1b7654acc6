"""The table of models in docs/models.md."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, table
from stt_worker.models.choice.sizes import SIZES, Size

_COLUMNS = ("model", "own memory, loaded", "most while loading", "counted by `auto`, limit", "8.1 s on one core")


def models(results: dict[str, Any]) -> str:
    """What each size takes, and how it was measured."""
    rows = [_row(size, results["models"][size.name]) for size in SIZES]
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


def _row(size: Size, one: dict[str, Any]) -> tuple[str, ...]:
    counted_mb = round(size.memory_bytes(int8=True) / 1e6)
    return (
        f"{size.name}, {size.english}" if size.english else size.name,
        f"{one['own_mb']} MB",
        f"{one['peak_mb']} MB",
        f"{counted_mb} MB, {_limit(counted_mb)}",
        f"{one['core_s']:.2f} s",
    )


def _limit(needed_mb: int) -> str:
    """A container's limit that leaves a quarter, in half gigabytes."""
    return f"{-(-needed_mb * 5 // 4 // 500) / 2:g} GB"
