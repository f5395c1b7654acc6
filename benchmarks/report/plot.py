"""The plot of the last results: benchmarks/results/latest.svg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.speech.compare import EAGER


def plot(figures: dict[str, Any], file: Path) -> None:
    """Bars of the systems, and latencies over the number of speakers."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "wta"
    from matplotlib import pyplot as plt

    drawing, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    systems = figures["systems"]
    names = [name for name in systems if name != EAGER]
    left.barh(names, [systems[name]["ms"]["p50"] for name in names], color="#4a7ebb")
    left.invert_yaxis()
    left.set_xlabel("VAD decision → text, median (ms)")
    numbers = list(figures["end_of_speech"])
    for what, label in (("text_ms", "text"), ("sentiment_ms", "sentiment")):
        for part, style in (("p50", "-"), ("p95", "--")):
            values = [figures["end_of_speech"][number][what][part] for number in numbers]
            right.plot(numbers, values, style, marker="o", label=f"{label} {part}")
    right.set(xlabel="speakers", ylabel="after the end of speech (ms)", ylim=(0, None))
    right.legend()
    drawing.savefig(file, metadata={"Date": None})
