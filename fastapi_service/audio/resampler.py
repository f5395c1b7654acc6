"""Streaming polyphase resampling to 16 kHz. The output equals one scipy.signal.resample_poly over the whole signal."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from wta.audio_format import SAMPLE_RATE_HZ

_MAX_TERM = 1_000
"""Largest denominator of the ratio between the rates. Every usual rate is exact. An odd rate such as 44,099 Hz is off
by at most 1 in 2,000, which nobody hears, and its filter has fewer than 40,001 taps (docs/adr/web-resampling.md)."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of output samples to input samples, up : down, in lowest terms."""

    up: int
    down: int

    @classmethod
    def of(cls, sample_rate_hz: int) -> Ratio:
        """Return the ratio for an input at `sample_rate_hz` and an output at 16 kHz."""
        exact = Fraction(SAMPLE_RATE_HZ, sample_rate_hz)
        return cls(*exact.limit_denominator(_MAX_TERM).as_integer_ratio())

    def inputs_before(self, output: int) -> int:
        """Return how many input samples lie before an output sample, rounded down."""
        return output * self.down // self.up


@lru_cache(maxsize=16)
def _low_pass(ratio: Ratio) -> NDArray[np.float64]:
    """Design the low-pass filter that resample_poly uses by default: Kaiser (5.0), 10 zero crossings on each side.

    Returns its coefficients [taps], float64.
    """
    longest = max(ratio.up, ratio.down)
    if longest == 1:
        return np.ones(1)
    return np.asarray(firwin(2 * 10 * longest + 1, 1 / longest, window=("kaiser", 5.0)))


class Resampler:
    """Resamples a stream from `sample_rate_hz` to 16 kHz, in pieces of any size.

    It keeps only the input that later output still depends on: about 20 samples of the slower rate, rounded up to a
    whole period of the ratio. So the cost of a piece does not grow with the length of the session.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.ratio = Ratio.of(sample_rate_hz)
        self._filter = _low_pass(self.ratio)
        self._reach = len(self._filter) // 2
        """How far the filter reaches to each side, in samples of the upsampled signal."""
        self._kept = np.zeros(0)
        self._kept_from = 0
        """Index of `_kept[0]` in the input. It is a multiple of `down`, where input and output samples coincide."""
        self._emitted = 0

    def push(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Append float samples [n], and return the output [m] that no later input can change.

        Input is at `sample_rate_hz`; the output is float64 at 16 kHz, in the same units.
        """
        self._kept = np.concatenate([self._kept, samples])
        ahead = self._inputs * self.ratio.up - self._reach
        return self._emit(max(self._emitted, -(-ahead // self.ratio.down)))

    def flush(self) -> NDArray[np.float64]:
        """Return the rest of the output [m], as if silence followed. Nothing may be pushed afterwards."""
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
