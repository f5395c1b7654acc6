"""The soak's judgement of a time series."""

from __future__ import annotations

import pytest

from chaos.soak import PER_HOUR, TimeSeries, report


def series(start: float, per_hour: float) -> TimeSeries:
    found = TimeSeries()
    for second in range(0, 3600, 10):
        found.add(second, start + per_hour * second / 3600)
    return found


def test_the_slope_of_a_series_is_found_after_the_warm_up() -> None:
    steady = series(300, 100)
    for i in range(len(steady.values) // 5):
        steady.values[i] = 0  # what happens while caches fill does not count
    line = steady.line()
    assert line.per_hour == pytest.approx(100)
    assert line.rise == pytest.approx(75, rel=0.01)


def test_a_flat_series_passes_and_a_rising_one_fails() -> None:
    assert report({("web", "memory MB"): series(300, 1)}) == 0
    assert report({("web", "memory MB"): series(300, 100), ("web", "descriptors"): series(40, 0)}) == 1
    assert set(PER_HOUR) == {"memory MB", "descriptors", "latency s"}


def test_a_small_leak_of_a_large_process_fails_whatever_its_size() -> None:
    assert report({("stt", "memory MB"): series(735, 14)}) == 1


def test_noise_is_no_leak_and_hides_none_for_long() -> None:
    def noisy(hours: int) -> TimeSeries:
        found = TimeSeries()
        for minute in range(60 * hours):
            found.add(60.0 * minute, 735 + 14 * minute / 60 + 8 * (-1) ** minute)
        return found

    assert report({("stt", "memory MB"): noisy(1)}) == 0
    assert report({("stt", "memory MB"): noisy(4)}) == 1
