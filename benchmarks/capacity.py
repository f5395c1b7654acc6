"""Says how many speakers a number of speech workers can serve, by simulating the queue with measured times of work.

    redis-cli subscribe result_channel > results.txt      # while somebody speaks to a system that is not busy
    python -m benchmarks.capacity fit results.txt         # prints the base and per-second times of work
    python -m benchmarks.capacity table --workers 1 --workers 4
    python -m benchmarks.capacity compare                 # compares with what `make bench` measured

Speakers talk in utterances with pauses. Each open utterance asks for a partial every 0.6 s, one at a time. A worker
takes finals first, in order, and a partial where no final waits. It does not interrupt work. The time that counts is
the one from the decision that an utterance is over to its text: waiting and work, without endpoint and network. Work on
the final text begins a little before that decision (the eager final). Live text counts from the request for it to the
words, those of the final text where they come first.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wta.settings import PROJECT_ROOT, Settings

RESULTS = PROJECT_ROOT / "benchmarks" / "results"

_PARTIAL_EVERY_S = 0.6
LIVE_P95_S = 1.5
"""Seconds within which 95 % of the live texts must come."""


@dataclass(frozen=True)
class Load:
    """How much speech comes in, and how long the work on it takes.

    The defaults are those of tiny.en on a machine with 2 cores and no accelerator.
    """

    speakers: int = 1
    workers: int = 1
    base_s: float = 0.02
    """Seconds of work on an utterance of no length."""
    per_s: float = 0.018
    """Seconds of work for each second of speech, which are added."""
    speech_mean_s: float = 4.0
    pause_mean_s: float = 1.5
    partials: bool = True
    head_start_s: float = 0.3
    """How many seconds before the end of an utterance is decided the work on its final text begins."""
    duration_s: float = 1800.0
    seed: int = 1

    def work_s(self, audio_s: float) -> float:
        """Seconds of work on `audio_s` seconds of speech."""
        return self.base_s + self.per_s * audio_s


@dataclass(frozen=True)
class Outcome:
    """What a simulation found. Times are seconds from the end of an utterance to its text."""

    mean_s: float
    p50_s: float
    p95_s: float
    busy: float
    """Share of the workers' time in which they work, 0 to 1."""
    live_p95_s: float
    """95th percentile of the seconds from a request for live text to the words; 0 without live text."""
    partial_every_s: float
    """Seconds of speech for each partial that came, which is how often the live text grows."""


class Simulation:
    """A simulation of discrete events, each of which is (time, order, handler, arguments)."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._random = random.Random(load.seed)
        self._events: list[tuple[float, int, str, tuple[float, ...]]] = []
        self._order = itertools.count()
        self._idle = load.workers
        self._finals: deque[tuple[float, float, float | None]] = deque()
        """When each was cut, its length, and since when its speaker has waited for live text."""
        self._partials: deque[tuple[int, int, float]] = deque()
        self._utterance = [0] * load.speakers
        self._asked: list[float | None] = [None] * load.speakers
        """When each speaker's request for live text came that is not answered yet."""
        self._latencies: list[float] = []
        self._live: list[float] = []
        self._busy_s = self._speech_s = 0.0
        self._shown = 0

    def run(self) -> Outcome:
        load = self._load
        for speaker in range(load.speakers):
            self._at(self._random.uniform(0, load.speech_mean_s + load.pause_mean_s), "begin", speaker)
        while self._events:
            now, _, what, arguments = heapq.heappop(self._events)
            if now > load.duration_s:
                break
            getattr(self, f"_{what}")(now, *arguments)
            self._serve(now)
        waiting = [self._late(now, queued) for queued, _, _ in self._finals]  # an overloaded queue must not look short
        times = np.array([*self._latencies, *waiting] or [0.0])
        p50, p95 = np.percentile(times, [50, 95])
        share = min(1.0, self._busy_s / (load.workers * load.duration_s))
        live = float(np.percentile(self._live or [0.0], 95))
        return Outcome(float(times.mean()), float(p50), float(p95), share, live, self._speech_s / max(1, self._shown))

    def _at(self, when: float, what: str, *arguments: float) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, arguments))

    def _begin(self, now: float, speaker: int) -> None:
        length = min(20.0, self._random.gammavariate(2.0, self._load.speech_mean_s / 2))
        self._utterance[speaker] += 1
        self._asked[speaker] = None
        self._speech_s += length
        self._at(now + length, "end", speaker, length)
        if self._load.partials:
            self._at(now + _PARTIAL_EVERY_S, "ask", speaker, self._utterance[speaker], now)

    def _end(self, now: float, speaker: int, length: float) -> None:
        self._utterance[speaker] += 1
        self._finals.append((now, length, self._asked[speaker]))
        self._at(now + self._random.expovariate(1 / self._load.pause_mean_s), "begin", speaker)

    def _ask(self, now: float, speaker: int, utterance: int, began: float) -> None:
        if self._utterance[speaker] != utterance:
            return
        if self._asked[speaker] is None:
            self._asked[speaker] = now
            self._partials.append((speaker, utterance, began))
        self._at(now + _PARTIAL_EVERY_S, "ask", speaker, utterance, began)

    def _serve(self, now: float) -> None:
        while self._idle and (self._finals or self._partials):
            if self._finals:
                queued, length, asked = self._finals.popleft()
                self._work(now, self._load.work_s(length), "final", queued, queued if asked is None else asked)
                continue
            speaker, utterance, began = self._partials.popleft()
            if self._utterance[speaker] == utterance:  # otherwise it is stale, and costs nothing
                self._work(now, self._load.work_s(now - began), "partial", speaker, utterance)

    def _work(self, now: float, seconds: float, what: str, *arguments: float) -> None:
        self._idle -= 1
        self._busy_s += seconds
        self._at(now + seconds, what, *arguments)

    def _final(self, now: float, queued: float, asked: float) -> None:
        self._idle += 1
        self._latencies.append(self._late(now, queued))
        if asked < queued:
            self._live.append(now - asked)

    def _late(self, now: float, queued: float) -> float:
        """Seconds from the decision that the utterance is over to `now`, less the head start."""
        return max(0.0, now - queued - self._load.head_start_s)

    def _partial(self, now: float, speaker: int, utterance: int) -> None:
        self._idle += 1
        asked = self._asked[speaker]
        if self._utterance[speaker] == utterance and asked is not None:
            self._live.append(now - asked)
            self._asked[speaker] = None
            self._shown += 1


def simulate(load: Load) -> Outcome:
    """Simulate `load` from beginning to end."""
    return Simulation(load).run()


def most_speakers(load: Load, p95_s: float, live_p95_s: float = LIVE_P95_S) -> int:
    """The largest number of speakers at which 95 % of the texts, and of the live texts, come in time.

    Returns 0 where one speaker is too many.
    """

    def carries(speakers: int) -> bool:
        found = simulate(replace(load, speakers=speakers))
        return found.p95_s <= p95_s and found.live_p95_s <= live_p95_s

    good, bad = 0, 1
    while carries(bad):
        good, bad = bad, bad * 2
    while bad - good > max(1, good // 50):
        middle = (good + bad) // 2
        if carries(middle):
            good = middle
        else:
            bad = middle
    return good


def fit(results: Iterable[str]) -> tuple[float, float]:
    """Find (base_s, per_s) by least squares from lines, of which those that begin with { are results as JSON."""
    rows = [json.loads(line) for line in results if line.startswith("{")]
    points = [(row["end"] - row["start"], row["timings"]) for row in rows]
    known = [(s, t["stt_end"] - t["stt_start"]) for s, t in points if t.get("stt_start") and t.get("stt_end")]
    if len(known) < 2:
        raise typer.BadParameter("The file has fewer than two results with times.")
    audio_s, work_s = np.array(known).T
    per_s, base_s = np.polyfit(audio_s, work_s, 1)
    return max(0.0, float(base_s)), max(0.0, float(per_s))


app = typer.Typer(add_completion=False, help="Say how many speakers speech workers can serve.", no_args_is_help=True)
_Base = Annotated[float, typer.Option(help="Seconds of work on any utterance.")]
_Per = Annotated[float, typer.Option(help="Seconds of work for each second of speech.")]


@app.command("fit")
def fit_command(file: Path) -> None:
    """Find the times of work from results."""
    base_s, per_s = fit(file.read_text(encoding="utf-8").splitlines())
    typer.echo(f"--base-s {base_s:.3f} --per-s {per_s:.4f}")


@app.command()
def table(
    workers: Annotated[list[int] | None, typer.Option(help="Numbers of workers.")] = None,
    base_s: _Base = Load.base_s,
    per_s: _Per = Load.per_s,
    p95_s: Annotated[float, typer.Option(help="Seconds within which 95 % of the texts must come.")] = 2.0,
) -> None:
    """Print how many speakers each number of workers can serve, with and without live text."""
    columns = ("workers", "speakers with live text", "without", "text p50 / p95 (s)", "live text p95 (s)", "busy")
    typer.echo(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for number in workers or [1, 2, 4, 8, 16, 32]:
        load = Load(workers=number, base_s=base_s, per_s=per_s)
        live, bare = (most_speakers(replace(load, partials=p), p95_s) for p in (True, False))
        outcome = simulate(replace(load, speakers=max(1, live)))
        typer.echo(
            f"| {number} | {live} | {bare} | {outcome.p50_s:.2f} / {outcome.p95_s:.2f} "
            f"| {outcome.live_p95_s:.2f} | {outcome.busy:.0%} |"
        )


@app.command()
def compare(
    file: Annotated[Path, typer.Argument(help="Results that `make bench` wrote.")] = RESULTS / "latest.json",
    base_s: _Base = Load.base_s,
    per_s: _Per = Load.per_s,
) -> None:
    """Compare one simulated worker with what real speakers measured.

    Both times begin at the decision that a sentence is over.
    """
    endpoint_s = Settings().endpoint_ms / 1000
    typer.echo("| speakers | measured p50 / p95 (s) | simulated p50 / p95 (s) |\n|---|---|---|")
    for speakers, row in json.loads(file.read_text(encoding="utf-8"))["end_of_speech"].items():
        measured = [row["text_ms"][p] / 1000 - endpoint_s for p in ("p50", "p95")]
        found = simulate(Load(int(speakers), 1, base_s, per_s))
        typer.echo(f"| {speakers} | {measured[0]:.2f} / {measured[1]:.2f} | {found.p50_s:.2f} / {found.p95_s:.2f} |")


if __name__ == "__main__":
    app()
