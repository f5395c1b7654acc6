"""`python -m benchmarks.load` plays many live sessions, and writes what came of it to benchmarks/results/load.json."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.figures import RESULTS
from benchmarks.load.speakers import Speakers
from benchmarks.load.system import Size, cpu_s, running
from benchmarks.machine import describe
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta.ledger import Ledger
from wta.settings import Settings


def main(
    sessions: Annotated[int, typer.Option(help="Speakers at the same time.")] = 1000,
    workers: Annotated[int, typer.Option(help="Speech workers.")] = 20,
    web: Annotated[int, typer.Option(help="Processes of the web service.")] = 4,
    analyzers: Annotated[int, typer.Option(help="Sentiment workers.")] = 2,
    minutes: Annotated[float, typer.Option(help="How long they speak.")] = 10.0,
    out: Annotated[Path, typer.Option(help="File that is written.")] = RESULTS / "load.json",
) -> None:
    """Play the load, print what was measured, and end with status 1 where anything was lost or doubled."""
    found = {"machine": describe(), **play(Size(sessions, workers, web, analyzers), minutes)}
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    typer.echo(json.dumps(found, indent=2))
    if found["lost"] or found["doubled"] or found["log_lines"] != found["sentences"]:
        raise typer.Exit(1)


def play(size: Size, minutes: float) -> dict[str, Any]:
    """What came of the load, as it is written to the file."""
    with TemporaryDirectory() as folder, running(Path(folder), size) as stack:
        client = stack.client()
        speakers = Speakers(stack.ws_url, Ledger(client, Settings(redis_url=stack.redis_url)))
        before, began = cpu_s(stack), time.monotonic()
        heard = asyncio.run(speakers.talk(size.sessions, minutes * 60))
        took_s, after = time.monotonic() - began, cpu_s(stack)
        sentences = len(heard.cut_at)
        _wait_for_log(stack, sentences)
        return {
            "sessions": size.sessions, "workers": size.workers, "web_processes": size.web_processes,
            "sentiment_workers": size.sentiment_workers,
            "minutes": minutes, "sentences": sentences, "sentences_per_s": round(sentences / minutes / 60, 1),
            "lost": heard.lost, "doubled": heard.doubled, "broken_connections": heard.broken,
            "slowed_s": round(heard.slowed_s),
            "log_lines": len(stack.log_lines()),
            "text_ms": _percentiles(heard.text_s), "sentiment_ms": _percentiles(heard.sentiment_s),
            "cores_used": {part: round((after[part] - before[part]) / took_s, 2) for part in sorted(after)},
            "redis_peak_mb": round(client.info("memory")["used_memory_peak"] / 2**20),
        }  # fmt: skip


def _wait_for_log(stack: Stack, lines: int) -> None:
    try:
        wait_until(lambda: len(stack.log_lines()) >= lines, 60, "the log lacks lines")
    except AssertionError:
        typer.echo("The log lacks lines.", err=True)


def _percentiles(seconds: dict[str, float]) -> dict[str, int]:
    values = list(seconds.values()) or [float("nan")]
    return {f"p{p}": round(1000 * float(np.percentile(values, p))) for p in (50, 95, 99)}


if __name__ == "__main__":
    typer.run(main)
