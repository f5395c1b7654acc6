"""Blocks of documents about speech, as Markdown: each is made of one file of benchmarks/results."""

from __future__ import annotations

from typing import Any

from benchmarks.report.markdown import paragraph, percent, table


def speech(figures: dict[str, Any]) -> str:
    """Two tables and what follows from them, of latest.json: every system, then live speakers."""
    parts = [
        f"These are the figures of {where(figures)}, made on {figures['made']}:",
        _systems(figures["systems"]),
        _verdict(figures),
        _live(figures),
        "These times begin at the end of the speech, and so include the 0.4 s of silence that end an utterance.",
    ]
    return "\n\n".join(parts)


def where(figures: dict[str, Any]) -> str:
    """The model and the machine."""
    machine, quick = figures["machine"], ", in the quick form" if figures["quick"] else ""
    processor = f"{machine['processor']} with {machine['torch_capability']}"
    return f"{figures['model']} on {machine['cores']} cores of an {processor}{quick}"


def _systems(systems: dict[str, Any]) -> str:
    columns = "", "VAD decision → text, p50 / p95 (ms)", "word error rate (%)", "real-time factor", "peak memory (MB)"
    return table(columns, [
        (name, _pair(one["ms"]), _decimal(one["wer"]), f"{one['rtf']:.3f}", one["peak_memory_mb"])
        for name, one in systems.items()
    ])  # fmt: skip


def _verdict(figures: dict[str, Any]) -> str:
    words = figures.get("speech", {}).get("words_with_reference") or "few"
    lost = figures["words_lost_at_cuts"]
    return paragraph(
        f"**Our text is there {times(figures['ratio_vs_faster_whisper'])} sooner than that of faster-whisper** (the "
        "better of the two). With the eager final it is there when the end is decided. Our word error rate differs "
        f"from that of faster-whisper by {points(figures['wer_delta'])} points, on {words} words. Of the utterances, "
        f"{percent(figures['retry_rate'])} were decoded twice. There were {figures['noise_hallucinations_per_hour']:g} "
        "inventions per hour of silence, noise, hum and babble. At "
        f"{figures['cuts']} cuts {'an unknown number of' if lost is None else lost} words were lost."
    )


def _live(figures: dict[str, Any]) -> str:
    columns = "live speakers", "end of speech → text, p50 / p95 (ms)", "→ sentiment", "first word after (ms)", "dropped"
    ours = [
        (number, _pair(one["text_ms"]), _pair(one["sentiment_ms"]), one["first_word_ms"]["p50"],
         f"{one['dropped']} of {one['utterances']}")
        for number, one in figures["end_of_speech"].items()
    ]  # fmt: skip
    theirs = [
        (f"whisper-live, {number}", _pair(one["last_word_ms"]), "", one["first_word_ms"]["p50"],
         f"{one['never']} of {number}")
        for number, one in figures.get("whisper_live", {}).items()
    ]  # fmt: skip
    return table(columns, ours + theirs)


def levers(figures: dict[str, Any]) -> str:
    """What each lever of the engine is worth, of levers.json."""
    return table(("", "ms", "word error rate (%)", "done twice"), [
        (name, one["ms"], one["wer"], percent(one["retry_rate"])) for name, one in figures["levers"].items()
    ])  # fmt: skip


def robustness(figures: dict[str, Any]) -> str:
    """Word errors where the speech is unlike the recordings, of robustness.json."""
    return table(("speech", "words", "word error rate (%)", "openai-whisper's", "done twice"), [
        (kind, one["words"], one["wer"], one["wer_openai_whisper"], percent(one["retry_rate"]))
        for kind, one in figures["robustness"].items()
    ])  # fmt: skip


def gateway(figures: dict[str, Any]) -> str:
    """Sockets that a core carries, of gateway.json."""
    sockets = table(("rate (Hz)", "frame (ms)", "real-time sockets for each core"), [
        (one["rate_hz"], one["frame_ms"], one["sockets_per_core"]) for one in figures["by_frame"]
    ])  # fmt: skip
    costs, minutes = figures["by_age"]["cpu_ms_per_s"], figures["by_age"]["minutes"]
    first = f"A session's first minute costs {costs[0]} ms of CPU for each second of audio"
    return f"{sockets}\n\n{first}, and its {minutes}th minute {costs[-1]} ms."


def times(ratio: dict[str, Any] | None) -> str:
    """How many times sooner, with its interval."""
    if ratio is None:
        return "an unknown number of times (no utterance lasted 2 to 15 s)"
    low, high = ratio["ci95"]
    return f"{ratio['geomean']:.1f} times (95 %: {low:.1f} to {high:.1f})"


def points(delta: float | None) -> str:
    """A difference of two percentages, with its sign."""
    return "unknown" if delta is None else f"{delta:+.1f}"


def _pair(ms: dict[str, Any]) -> str:
    return f"{ms['p50']} / {ms['p95']}"


def _decimal(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"
