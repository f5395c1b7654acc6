"""Flow control: how much audio a connection may have under way, sent but not yet acknowledged."""

from __future__ import annotations

from wta.errors import ProtocolError
from wta.names import CloseCode
from wta.settings import Settings

MAX_STRIKES = 3
"""How often a client may exceed its window before its connection is closed."""
_SLACK_S = 5.0
"""The window holds the longest utterance and this much more. With a smaller window, a client that waits for the
acknowledgement of its utterance would wait forever."""


def window_samples(settings: Settings, sample_rate_hz: int) -> int:
    """Return the size of the window in samples at the client's rate."""
    return round(max(settings.max_unacked_s, settings.max_utterance_s + _SLACK_S) * sample_rate_hz)


class FlowControl:
    """Compares the audio received with the audio acknowledged, in samples at the client's rate.

    A client that keeps within its window does not exceed it here, because everything that arrives is read at once, and
    every `ack` counts here as soon as it is sent.
    """

    def __init__(self, window: int, start: int, max_strikes: float = MAX_STRIKES) -> None:
        """Begin to count.

        Args:
            window: how many samples may be under way.
            start: sample from which the client begins to send.
            max_strikes: how often the window may be exceeded; infinite for clients that know of no window.
        """
        self._window = window
        self._max_strikes = max_strikes
        self.received = start
        self.acked = start
        self._strikes = 0

    def receive(self, samples: int) -> bool:
        """Count received samples, and return whether the window is exceeded.

        If it is, read no more until everything received has been worked on. Raises ProtocolError once that has
        happened more often than allowed.
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
