"""How much audio one connection may have under way."""

from __future__ import annotations

from wta.errors import ProtocolError
from wta.names import CloseCode
from wta.settings import Settings

MAX_STRIKES = 3
"""How often a client may exceed its window."""
_SLACK_S = 5.0
"""The window holds the longest utterance and this much more, or a client that waits for its ack would wait forever."""


def window_samples(settings: Settings, sample_rate_hz: int) -> int:
    """The window at the client's rate."""
    return round(max(settings.max_unacked_s, settings.max_utterance_s + _SLACK_S) * sample_rate_hz)


class FlowControl:
    """Compares what was received with what was acknowledged, in samples at the client's rate.

    Everything that arrives is read at once, so a sender within the window is never out of it here: what we have
    sent as `ack` is never less than what the sender has seen of it.
    """

    def __init__(self, window: int, start: int, max_strikes: float = MAX_STRIKES) -> None:
        """`max_strikes`: how often the window may be exceeded; infinite for a client that knows of no window."""
        self._window = window
        self._max_strikes = max_strikes
        self.received = start
        self.acked = start
        self._strikes = 0

    def receive(self, samples: int) -> bool:
        """Count samples in. True: the window is exceeded, read no more until all of them are worked on.

        Raises ProtocolError where that happens again and again.
        """
        self.received += samples
        if self.received - self.acked <= self._window:
            return False
        self._strikes += 1
        if self._strikes > self._max_strikes:
            raise ProtocolError(
                "too_fast", "Audio came faster than it was acknowledged, several times over.", CloseCode.TOO_FAST, True
            )
        return True
