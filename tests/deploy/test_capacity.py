"""The simulation of the queue against what queueing theory knows exactly."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks.capacity import Load, fit, most_speakers, simulate


def erlang_c(workers: int, offered: float) -> float:
    """Probability that an arrival has to wait (M/M/c)."""
    full = offered**workers / math.factorial(workers) * workers / (workers - offered)
    return full / (sum(offered**k / math.factorial(k) for k in range(workers)) + full)


@pytest.mark.parametrize("workers", [1, 3])
def test_waiting_is_what_theory_says(workers: int) -> None:
    # Many speakers who rarely speak are a Poisson stream; work of one length makes them wait half as long
    # as work of random length (exact for one worker: Pollaczek and Khinchine; close for more).
    work_s, rate = 1.0, 0.7 * workers
    load = Load(
        speakers=400, workers=workers, base_s=work_s, per_s=0.0, speech_mean_s=1.0, pause_mean_s=400 / rate - 1.0,
        partials=False, duration_s=100_000, head_start_s=0.0,
    )  # fmt: skip
    found = simulate(load)
    assert found.busy == pytest.approx(0.7, abs=0.03)
    exponential_wait_s = erlang_c(workers, rate * work_s) * work_s / (workers * (1 - 0.7))
    assert found.mean_s - work_s == pytest.approx(exponential_wait_s / 2, rel=0.15)


def test_one_speaker_waits_for_nobody_but_his_own_partial() -> None:
    alone = simulate(Load(partials=False, base_s=0.2, per_s=0.0, head_start_s=0.05))
    assert alone.p50_s == pytest.approx(0.15) and alone.p95_s == pytest.approx(0.15)
    live = simulate(Load(base_s=0.2, per_s=0.0, head_start_s=0.0))
    assert 0.2 <= live.p50_s <= live.p95_s <= 0.4 + 1e-6
    assert live.partial_every_s > 0.6


def test_more_workers_carry_more_and_live_text_costs() -> None:
    one, four = (most_speakers(Load(workers=n, duration_s=600), 2.0) for n in (1, 4))
    bare = most_speakers(Load(workers=1, partials=False, duration_s=600), 2.0)
    assert 1 <= one <= bare and four >= 4 * one


def test_an_overload_is_seen() -> None:
    assert simulate(Load(speakers=100, base_s=1.0, duration_s=300)).p95_s > 60


def test_times_of_work_are_found_in_results() -> None:
    lines = ["subscribe", "1"]
    for seconds in (1.0, 2.0, 5.0):
        timings = {"stt_start": 10.0, "stt_end": 10.1 + 0.05 * seconds}
        lines.append(json.dumps({"start": 3.0, "end": 3.0 + seconds, "timings": timings}))
    assert fit(lines) == pytest.approx((0.1, 0.05))
