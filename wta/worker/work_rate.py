"""How fast one worker works, measured on what it does."""

from __future__ import annotations

_NEWEST = 0.1
"""Weight of the newest piece of work."""


class WorkRate:
    """Seconds of work per second of audio (speech) or per text (sentiment): a moving average.

    Written by the worker's thread and read by the heartbeat's.
    """

    def __init__(self) -> None:
        self.value: float | None = None
        """None before the first piece of work."""

    def add(self, work_s: float, units: float) -> None:
        """Count one piece of work of `units` seconds of audio, or texts."""
        if units > 0:
            rate = work_s / units
            self.value = rate if self.value is None else self.value + _NEWEST * (rate - self.value)
