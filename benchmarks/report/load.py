"""What `python -m benchmarks.load` measured, as Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, table


def load(figures: dict[str, Any]) -> str:
    """The block of docs/scaling.md, of load.json."""
    text, label, cores = figures["text_ms"], figures["sentiment_ms"], figures["cores_used"]
    number, used = figures["machine"]["cores"], sum(cores.values())
    parts = (
        f"{figures['sessions']:,} sessions, {figures['workers']} speech workers, {figures['sentiment_workers']} "
        f"sentiment workers and {figures['web_processes']} web processes"
    )
    said = paragraph(
        f"{parts}, for {figures['minutes']:g} minutes on {number} cores: {figures['sentences']:,} sentences "
        f"({figures['sentences_per_s']} a second), of which {figures['lost']} were lost and {figures['doubled']} came "
        f"twice. The log has {figures['log_lines']:,} lines, {figures['broken_connections']} connections broke, and "
        f"Redis held {figures['redis_peak_mb']} MB at most. From the cut to the text on the speaker's socket it took "
        f"{text['p50']} ms (median), {text['p95']} ms (95 %) and {text['p99']} ms (99 %); to the sentiment "
        f"{label['p50']}, {label['p95']} and {label['p99']} ms. {_slowed(figures)}"
    )
    rows = [(part, share, _share(part, share, figures)) for part, share in sorted(cores.items(), key=lambda c: -c[1])]
    limit = paragraph(
        f"All together used {used:.2f} of {number} cores. {_first_limit(figures)} is nearest to its limit."
    )
    return f"{said}\n\n{table(('part', 'cores used', 'of what it can use'), rows)}\n\n{limit}"


def _slowed(figures: dict[str, Any]) -> str:
    if not (seconds := figures.get("slowed_s")):
        return ""
    return f"Redis became full, so that each speaker had to wait {seconds / figures['sessions']:.0f} s in all."


def _share(part: str, cores: float, figures: dict[str, Any]) -> str:
    return f"{cores / _most(part, figures):.0%}"


def _most(part: str, figures: dict[str, Any]) -> float:
    """How many cores a part can use on this machine."""
    processes = {
        "web": figures["web_processes"],
        "speech workers": figures["workers"],
        "sentiment workers": figures["sentiment_workers"],
    }.get(part, 1)
    return float(min(processes, figures["machine"]["cores"]))


def _first_limit(figures: dict[str, Any]) -> str:
    cores = figures["cores_used"]
    shares = {part: cores[part] / _most(part, figures) for part in cores if part != "load"}
    shares["the machine"] = sum(cores.values()) / figures["machine"]["cores"]
    nearest = max(shares, key=lambda part: shares[part])
    return nearest[0].upper() + nearest[1:]
