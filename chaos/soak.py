"""`python -m chaos soak`: steady speakers for a long time; memory, descriptors and latency must stay where they are."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import typer

from chaos.lab import Lab
from chaos.speaker import Speaker
from wta.client import Pace

_SESSION_SENTENCES = 12
_WARM_UP = 0.25
"""Share of the time that is not judged: caches and pools fill."""
_MAX_SAMPLES = 360


PER_HOUR = {"memory MB": 10.0, "descriptors": 1.0, "latency s": 0.3}
"""How much a quantity may rise in an hour. With 10 MB a speech worker stays within 3 GB for more than a week."""
_KEEPS = {("redis", "memory MB"): 40.0}
"""Likewise for what may rise: Redis keeps for a day what is said, and two speakers say 1,600 sentences in an hour."""
_SURE = 2.0
"""A rise counts from so many standard deviations of what remains beside the line on."""


@dataclass(frozen=True)
class Line:
    """The line of least squares through a time series after the warm-up."""

    mean: float
    per_hour: float
    rise: float
    """How much the line rises over the judged time."""
    noise: float
    """Standard deviation of the values beside the line."""

    def is_rising(self, per_hour: float) -> bool:
        """Whether it rises by more than `per_hour`, surely. A longer run sees smaller slopes."""
        return self.per_hour > per_hour and self.rise > _SURE * self.noise


@dataclass
class TimeSeries:
    """One quantity over time."""

    seconds: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, second: float, value: float) -> None:
        self.seconds.append(second)
        self.values.append(value)

    def line(self) -> Line:
        """Fit the line, after the warm-up. It is flat where there are too few values."""
        seconds, values = np.array(self.seconds), np.array(self.values)
        judged = seconds >= seconds.max() * _WARM_UP
        seconds, values = seconds[judged], values[judged]
        if len(seconds) < 3:
            return Line(float(values.mean()), 0.0, 0.0, 0.0)
        slope, start = np.polyfit(seconds, values, 1)
        noise = float(np.std(values - (slope * seconds + start)))
        return Line(float(values.mean()), float(slope) * 3600, float(slope) * float(np.ptp(seconds)), noise)


def soak(
    minutes: Annotated[float, typer.Option(help="How long.")] = 30.0,
    speakers: Annotated[int, typer.Option(help="How many speak at once.")] = 2,
    seed: Annotated[int, typer.Option(help="Of everything that is left to chance.")] = 1,
) -> None:
    """Let people speak, one session after another; show how each process's memory and descriptors go."""
    with tempfile.TemporaryDirectory(prefix="wta-soak-") as folder:
        lab = Lab(Path(folder), seed)
        try:
            lab.start()
            series = _watch(lab, minutes * 60, speakers)
            said = lab.check()
        finally:
            lab.stop()
    bad = report(series)
    typer.echo(f"{said} utterances in {minutes:g} minutes, once each; {bad} rising")
    sys.exit(bad > 0)


def report(series: dict[tuple[str, str], TimeSeries]) -> int:
    """Print a table of all quantities; returns how many surely rise by more than they may."""
    typer.echo(f"{'':10} {'':12} {'mean':>9} {'per hour':>10} {'allowed':>8} {'rise':>8} {'noise':>8}")
    bad = 0
    for (name, quantity), one in sorted(series.items()):
        line, allowed = one.line(), _KEEPS.get((name, quantity), PER_HOUR[quantity])
        bad += line.is_rising(allowed)
        words = "  RISING" if line.is_rising(allowed) else ""
        typer.echo(
            f"{name:10} {quantity:12} {line.mean:9.2f} {line.per_hour:+10.2f} {allowed:8.2f} {line.rise:+8.2f}"
            f" {line.noise:8.2f}{words}"
        )
    return bad


def _watch(lab: Lab, seconds: float, count: int) -> dict[tuple[str, str], TimeSeries]:
    series: dict[tuple[str, str], TimeSeries] = defaultdict(TimeSeries)
    began, seen = time.monotonic(), defaultdict[int, int](int)
    speaking: list[Speaker] = []
    while (now := time.monotonic() - began) < seconds:
        speaking = [s for s in speaking if not s.done]
        speaking += [_new_speaker(lab) for _ in range(count - len(speaking))]
        for name, process in [*lab.stack.processes.items(), ("redis", lab.stack.redis.process)]:
            found = psutil.Process(process.pid)
            series[name, "memory MB"].add(now, found.memory_info().rss / 1e6)
            series[name, "descriptors"].add(now, found.num_fds())
        for i, speaker in enumerate(lab.speakers):
            for latency_s in speaker.latency_s[seen[i] :]:
                series["speakers", "latency s"].add(now, latency_s)
            seen[i] = len(speaker.latency_s)
        time.sleep(max(1.0, seconds / _MAX_SAMPLES))
    return series


def _new_speaker(lab: Lab) -> Speaker:
    recorded = lab.random.random() < 0.5
    return lab.speak(_SESSION_SENTENCES // 2 if recorded else _SESSION_SENTENCES, pace=Pace.REALTIME, recorded=recorded)
