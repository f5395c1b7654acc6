"""The plot and the README's table, both made of results/latest.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.compare import EAGER
from wta.settings import PROJECT_ROOT

README = PROJECT_ROOT / "README.md"
PERFORMANCE = PROJECT_ROOT / "docs" / "performance.md"
LATEST = ("<!-- made by `make bench` -->", "<!-- end of what `make bench` made -->")
LEVERS = ("<!-- levers -->", "<!-- end of levers -->")
ROBUSTNESS = ("<!-- robustness -->", "<!-- end of robustness -->")
GATEWAY = ("<!-- gateway -->", "<!-- end of gateway -->")


def write(results: Path) -> None:
    """Into the README and docs/performance.md."""
    for file in (README, PERFORMANCE):
        file.write_text(quoting(file.read_text(encoding="utf-8"), results), encoding="utf-8")
    if (results / "latest.json").exists():
        plot(read(results, "latest"), results / "latest.svg")


def quoting(text: str, results: Path) -> str:
    """The text with what the results say between its marks."""
    tables = (
        ("latest", LATEST, table),
        ("levers", LEVERS, levers),
        ("robustness", ROBUSTNESS, robustness),
        ("gateway", GATEWAY, gateway),
    )
    for name, marks, made in tables:
        if marks[0] in text and (figures := read(results, name)):
            before, _, rest = text.partition(marks[0])
            text = f"{before}{marks[0]}\n{made(figures)}{marks[1]}{rest.partition(marks[1])[2]}"
    return text


def read(results: Path, name: str) -> dict[str, Any]:
    file = results / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def dump(file: Path, figures: dict[str, Any]) -> None:
    text = json.dumps(figures, indent=2)
    file.write_text(text + "\n", encoding="utf-8")
    print(text)


def table(figures: dict[str, Any]) -> str:
    """Markdown."""
    machine = figures["machine"]
    processor = f"{machine['processor']}, {machine['torch_capability']}"
    lines = [
        f"{figures['model']} on {machine['cores']} cores ({processor}), {figures['made']}; "
        "the same utterances, voice detection and weights for all" + (" (quick):" if figures["quick"] else ":"),
        "",
        "| | VAD decision → text, p50 / p95 (ms) | word error rate (%) | real-time factor | peak memory (MB) |",
        "|---|---|---|---|---|",
    ]
    lines += [_system(name, one) for name, one in figures["systems"].items()]
    ratio, words = figures["ratio_vs_faster_whisper"], figures.get("speech", {}).get("words_with_reference")
    lines += [
        "",
        f"**{_times(ratio)} sooner than faster-whisper** (the better of the two); with the eager final the text is "
        f"there when the end is decided. Word error rate against it: {_points(figures['wer_delta'])} points, on "
        f"{words or 'few'} words; {figures['retry_rate']:.1%} decoded twice; "
        f"{figures['noise_hallucinations_per_hour']:g} inventions per hour of silence, noise, hum and babble; "
        f"{_known(figures['words_lost_at_cuts'])} words lost at {figures['cuts']} cuts.",
        "",
        "| live speakers | end of speech → text, p50 / p95 (ms) | → sentiment | first word after (ms) | dropped |",
        "|---|---|---|---|---|",
    ]
    lines += [_speakers(number, one) for number, one in figures["end_of_speech"].items()]
    lines += [_whisper_live(number, one) for number, one in figures.get("whisper_live", {}).items()]
    lines += ["", "End of speech includes the silence that ends an utterance (0.4 s).", ""]
    return "\n".join(lines)


def levers(figures: dict[str, Any]) -> str:
    """Markdown."""
    lines = ["| | ms | word error rate (%) | done twice |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {one['ms']} | {'' if one['wer'] is None else one['wer']} | {one['retry_rate']:.1%} |"
        for name, one in figures["levers"].items()
    ]
    return "\n".join([*lines, ""])


def robustness(figures: dict[str, Any]) -> str:
    """Markdown."""
    lines = ["| speech | words | word error rate (%) | openai-whisper's | done twice |", "|---|---|---|---|---|"]
    lines += [
        f"| {kind} | {one['words']} | {one['wer']} | {one['wer_openai_whisper']} | {one['retry_rate']:.1%} |"
        for kind, one in figures["robustness"].items()
    ]
    return "\n".join([*lines, ""])


def gateway(figures: dict[str, Any]) -> str:
    """Markdown."""
    lines = ["| rate (Hz) | frame (ms) | real-time sockets for each core |", "|---|---|---|"]
    lines += [f"| {one['rate_hz']} | {one['frame_ms']} | {one['sockets_per_core']} |" for one in figures["by_frame"]]
    costs = figures["by_age"]["cpu_ms_per_s"]
    age = f"A session's first minute costs {costs[0]} ms of CPU for each second of audio, its "
    return "\n".join([*lines, "", f"{age}{figures['by_age']['minutes']}th {costs[-1]} ms.", ""])


def _system(name: str, one: dict[str, Any]) -> str:
    ms, memory = one["ms"], one["peak_memory_mb"] or ""
    wer = "" if one["wer"] is None else f"{one['wer']:.1f}"
    return f"| {name} | {ms['p50']} / {ms['p95']} | {wer} | {one['rtf']:.3f} | {memory} |"


def _speakers(number: str, one: dict[str, Any]) -> str:
    text, sentiment = one["text_ms"], one["sentiment_ms"]
    first = one["first_word_ms"]["p50"]
    return (
        f"| {number} | {text['p50']} / {text['p95']} | {sentiment['p50']} / {sentiment['p95']} | {first} "
        f"| {one['dropped']} of {one['utterances']} |"
    )


def _whisper_live(number: str, one: dict[str, Any]) -> str:
    last, first = one["last_word_ms"], one["first_word_ms"]["p50"]
    return f"| whisper-live, {number} | {last['p50']} / {last['p95']} | | {first} | {one['never']} of {number} |"


def _times(ratio: dict[str, Any] | None) -> str:
    if ratio is None:
        return "An unknown number of times (no utterance of 2 to 15 s)"
    low, high = ratio["ci95"]
    return f"{ratio['geomean']:.1f} times (95 %: {low:.1f} to {high:.1f})"


def _known(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def _points(delta: float | None) -> str:
    return "unknown" if delta is None else f"{delta:+.1f}"


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
