"""Figures in documents: blocks between `<!-- figures: NAME -->` and `<!-- end of figures -->`, written from results.

`python -m benchmarks.figures` writes every block anew. A test fails where a document and the results differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from benchmarks.report import languages, sentiment, speakers, speech
from benchmarks.report.endpoints import endpoints
from benchmarks.report.load import load
from benchmarks.report.markdown import paragraph, percent
from benchmarks.report.models import models
from benchmarks.report.voices import rooms, voices

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENTS = {
    "README.md": ("measured",),
    "docs/models.md": ("models",),
    "docs/languages.md": ("languages", "foreign"),
    "docs/endpoints.md": ("endpoints",),
    "docs/performance.md": ("speech", "levers", "gateway", "robustness", "hard-voices", "rooms"),
    "docs/scaling.md": ("load",),
    "docs/sentiment.md": ("sentiment", "said", "spoken", "bias", "sentiment-speed"),
    "docs/speakers.md": ("speakers", "voices"),
    "analyzer_worker/embedded/README.md": ("sentiment", "bias"),
}
"""Document → the names of its blocks, in order."""
_BLOCK = re.compile(r"^<!-- figures: (?P<name>[a-z-]+) -->\n.*?^<!-- end of figures -->$", re.MULTILINE | re.DOTALL)


def measured(results: dict[str, Any]) -> str:
    """Three sentences for the README."""
    latest, quality = results["latest"], results["sentiment"]["quality"]
    sooner, delta = speech.times(latest["ratio_vs_faster_whisper"]), speech.points(latest["wer_delta"])
    text, label = (latest["end_of_speech"]["1"][name]["p50"] for name in ("text_ms", "sentiment_ms"))
    return paragraph(
        f"Our speech engine has the text {sooner} sooner than faster-whisper, and its word error rate differs by "
        f"{delta} points ({speech.where(latest)}). One live speaker reads the text {text} ms and the sentiment {label} "
        "ms after falling silent (medians of tiny.en, where 400 ms of silence end a sentence; by default its words "
        "[decide](docs/endpoints.md), which these figures do not show yet). The embedded sentiment "
        f"model tells positive from negative sentences correctly in {percent(quality['accuracy'])} of the cases, the "
        f"official model in {sentiment.OFFICIAL_ACCURACY}."
    )


BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "measured": measured,
    "speech": lambda results: speech.speech(results["latest"]),
    "levers": lambda results: speech.levers(results["levers"]),
    "gateway": lambda results: speech.gateway(results["gateway"]),
    "speakers": lambda results: speakers.speakers(results["speakers"]),
    "voices": lambda results: speakers.voices(results["speakers"]),
    "models": lambda results: models(results["models"]),
    "languages": lambda results: languages.languages(results["languages"]),
    "foreign": lambda results: languages.foreign(results["languages"]),
    "endpoints": lambda results: endpoints(results["endpoints"]),
    "load": lambda results: load(results["load"]),
    "robustness": lambda results: speech.robustness(results["robustness"]),
    "hard-voices": lambda results: voices(results["voices"]),
    "rooms": lambda results: rooms(results["rooms"]),
    "sentiment": lambda results: sentiment.sentiment(results["sentiment"]),
    "said": lambda results: sentiment.said(results["sentiment-said"]),
    "spoken": lambda results: sentiment.spoken(results["sentiment"]),
    "bias": lambda results: sentiment.bias(results["sentiment"], results["bias"]),
    "sentiment-speed": lambda results: sentiment.speed(results["sentiment"]),
}


def read_results(folder: Path = RESULTS) -> dict[str, Any]:
    """Name of a results file → its content."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")}


def names(text: str) -> tuple[str, ...]:
    """Names of the blocks in a document."""
    return tuple(found["name"] for found in _BLOCK.finditer(text))


def quoting(text: str, results: dict[str, Any]) -> str:
    """The document with what the results say in each block. Raises KeyError where that was not measured."""

    def block(found: re.Match[str]) -> str:
        name = found["name"]
        return f"<!-- figures: {name} -->\n{BLOCKS[name](results)}\n<!-- end of figures -->"

    return _BLOCK.sub(block, text)


def write() -> None:
    """Write every block of every document."""
    results = read_results()
    for document in DOCUMENTS:
        path = ROOT / document
        path.write_text(quoting(path.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
