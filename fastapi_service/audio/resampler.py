"""Streaming resampling to 16 kHz that equals one scipy.signal.resample_poly over the whole signal."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from wta.audio_format import SAMPLE_RATE_HZ

_MAX_TERM = 8_000
"""Largest term of the approximated ratio. Every usual rate is exact; an odd one (44,099 Hz) errs by at
most 1 in 16,000, as sound cards' clocks do, and its filter stays below 320,001 taps."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Output samples : input samples = up : down, without a common divisor."""

    up: int
    down: int

    @classmethod
    def of(cls, sample_rate_hz: int) -> Ratio:
        exact = Fraction(SAMPLE_RATE_HZ, sample_rate_hz)
        return cls(*exact.limit_denominator(_MAX_TERM).as_integer_ratio())

    def inputs_before(self, output: int) -> int:
        """How many input samples lie before an output sample, rounded down."""
        return output * self.down // self.up


@lru_cache(maxsize=16)
def _low_pass(ratio: Ratio) -> NDArray[np.float64]:
    """The filter that resample_poly designs by default: Kaiser (5.0), 10 zero crossings a side."""
    longest = max(ratio.up, ratio.down)
    if longest == 1:
        return np.ones(1)
    return np.asarray(firwin(2 * 10 * longest + 1, 1 / longest, window=("kaiser", 5.0)))


class Resampler:
    """Float samples at `sample_rate_hz` in pieces of any size → float64 samples at 16 kHz.

    Keeps only the input that later output still depends on (about 20 samples of the slower rate,
    rounded up to a whole period of the ratio), so the cost of a piece does not grow with the session.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.ratio = Ratio.of(sample_rate_hz)
        self._filter = _low_pass(self.ratio)
        self._reach = len(self._filter) // 2
        """How far the filter reaches to either side, in samples of the upsampled signal."""
        self._kept = np.zeros(0)
        self._kept_from = 0
        """Index of `_kept[0]` in the input: a multiple of `down`, where input and output meet."""
        self._emitted = 0

    def push(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Take float samples [n], give the output [m] that no later input can change."""
        self._kept = np.concatenate([self._kept, samples])
        ahead = self._inputs * self.ratio.up - self._reach
        return self._emit(max(self._emitted, -(-ahead // self.ratio.down)))

    def flush(self) -> NDArray[np.float64]:
        """The rest [m], as if silence followed. Nothing may be pushed afterwards."""
        return self._emit(-(-self._inputs * self.ratio.up // self.ratio.down))

    @property
    def _inputs(self) -> int:
        return self._kept_from + len(self._kept)

    def _emit(self, until: int) -> NDArray[np.float64]:
        if until == self._emitted:
            return np.zeros(0)
        first = self._kept_from // self.ratio.down * self.ratio.up
        output = resample_poly(self._kept, self.ratio.up, self.ratio.down, window=self._filter)
        output = np.asarray(output[self._emitted - first : until - first])
        self._emitted = until
        self._forget()
        return output

    def _forget(self) -> None:
        needed = max(0, self._emitted * self.ratio.down - self._reach) // self.ratio.up
        start = needed // self.ratio.down * self.ratio.down
        self._kept = self._kept[start - self._kept_from :]
        self._kept_from = start
