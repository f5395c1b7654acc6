"""How many frames a client may send. Flow control bounds the samples, but even an empty frame costs work."""

from __future__ import annotations

import time

from wta.errors import ProtocolError
from wta.names import CloseCode

FRAMES_PER_S = 200.0
"""Twice what the smallest sensible frames (10 ms) need."""
BURST_FRAMES = 4_000
"""After a reconnect a client sends its whole window at once: 35 s in frames of 10 ms, and some more."""
YIELD_EVERY = 50
"""Frames read in one go at most, so that other connections have their turn."""


class FrameBudget:
    """A token bucket. Source: the leaky bucket as a meter, ITU-T I.371."""

    def __init__(self, per_s: float = FRAMES_PER_S, burst: int = BURST_FRAMES) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = float(burst)
        self._at = time.monotonic()
        self._read = 0

    def spend(self) -> bool:
        """Count one frame. True: it is time to let others have their turn. Raises ProtocolError beyond the budget."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s) - 1
        self._at = now
        if self._left < 0:
            raise ProtocolError("too_fast", "Frames came faster than speech needs them.", CloseCode.TOO_FAST, True)
        self._read += 1
        return self._read % YIELD_EVERY == 0
