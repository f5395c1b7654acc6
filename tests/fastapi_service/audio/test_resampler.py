"""The streaming resampler against scipy.signal.resample_poly over the whole signal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from fastapi_service.audio.resampler import Ratio, Resampler

NAMED_RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
ODD_RATES_HZ = [8_001, 12_345, 15_999, 16_001, 37_800, 44_099, 47_999, 95_999]


def _joined(signal: NDArray[np.float64], rate_hz: int, cuts: list[int]) -> NDArray[np.float64]:
    resampler = Resampler(rate_hz)
    edges = [0, *sorted(cuts), len(signal)]
    pieces = [resampler.push(signal[a:b]) for a, b in pairwise(edges)]
    return np.concatenate([*pieces, resampler.flush()])


@settings(max_examples=150, deadline=None)
@given(data=st.data(), rate_hz=st.sampled_from(NAMED_RATES_HZ), length=st.integers(0, 12_000))
def test_any_chunking_equals_the_whole(data: st.DataObject, rate_hz: int, length: int) -> None:
    signal = np.random.default_rng(length).uniform(-1, 1, length)
    cuts = data.draw(st.lists(st.integers(0, length), max_size=40))
    joined = _joined(signal, rate_hz, cuts)

    whole = _whole(signal, rate_hz)
    assert len(joined) == len(whole)
    assert np.max(np.abs(joined - whole), initial=0) <= 1e-6


@pytest.mark.parametrize("rate_hz", NAMED_RATES_HZ + ODD_RATES_HZ)
def test_frames_of_20_ms_equal_the_whole(rate_hz: int) -> None:
    signal = np.random.default_rng(rate_hz).uniform(-1, 1, rate_hz // 2)
    joined = _joined(signal, rate_hz, list(range(0, len(signal), rate_hz // 50)))

    whole = _whole(signal, rate_hz)
    assert len(joined) == len(whole)
    assert np.max(np.abs(joined - whole)) <= 1e-6


def _whole(signal: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    ratio = Ratio.of(rate_hz)
    return resample_poly(signal, ratio.up, ratio.down) if len(signal) else signal


@pytest.mark.parametrize("rate_hz", NAMED_RATES_HZ)
def test_named_rates_are_exact(rate_hz: int) -> None:
    ratio = Ratio.of(rate_hz)
    assert ratio.up * rate_hz == ratio.down * 16_000


@given(rate_hz=st.integers(8_000, 96_000))
def test_every_rate_is_near_and_its_filter_is_short(rate_hz: int) -> None:
    ratio = Ratio.of(rate_hz)
    assert abs(ratio.up * rate_hz / (ratio.down * 16_000) - 1) < 6e-4
    assert max(ratio.up, ratio.down) <= 2_000


@pytest.mark.parametrize("rate_hz", [44_099, *NAMED_RATES_HZ])
def test_the_memory_of_a_resampler_does_not_grow(rate_hz: int) -> None:
    resampler = Resampler(rate_hz)
    for _ in range(600):
        resampler.push(np.zeros(rate_hz // 50))
        assert len(resampler._kept) <= resampler.ratio.down + 40 * rate_hz // 8_000
