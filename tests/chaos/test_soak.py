"""The soak's judgement of a time series."""

from __future__ import annotations

import pytest

from chaos.soak import BOUNDS, TimeSeries, report


def series(start: float, per_hour: float) -> TimeSeries:
    found = TimeSeries()
    for second in range(0, 3600, 10):
        found.add(second, start + per_hour * second / 3600)
    return found


def test_the_slope_of_a_series_is_found_after_the_warm_up() -> None:
    steady = series(300, 100)
    for i in range(len(steady.values) // 5):
        steady.values[i] = 0  # what happens while caches fill does not count
    _, per_hour, rise = steady.rise()
    assert per_hour == pytest.approx(100)
    assert rise == pytest.approx(75, rel=0.01)


def test_a_flat_series_passes_and_a_rising_one_fails() -> None:
    assert report({("web", "memory MB"): series(300, 1)}) == 0
    assert report({("web", "memory MB"): series(300, 100), ("web", "descriptors"): series(40, 0)}) == 1
    assert set(BOUNDS) == {"memory MB", "descriptors", "latency s"}
