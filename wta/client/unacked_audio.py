"""Audio that is still to be sent, or may have to be sent again, and the orders that stand between its samples."""

from __future__ import annotations

from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.messages import Finalize, Stop


class UnackedAudio:
    """Keeps the audio that the server has not acknowledged, and says what to send next.

    Where the server has lost audio that it had acknowledged, silence is sent in its place: so what follows stays where
    it was said.

    A position is a number of samples, counted from the session's first one.

    Args:
        window: how many samples it keeps at most, and how many may be sent and not acknowledged.
        frame_samples: how many samples one frame holds at most.
        first: position of the first sample that will come: not 0 where the session had audio before.
    """

    def __init__(self, window: int, frame_samples: int, first: int = 0) -> None:
        self._window = window
        self._frame_samples = frame_samples
        self._kept = bytearray()
        self._kept_from = first
        """Position of the first sample in `_kept`. Those between `_acked` and it are lost."""
        self._acked = first
        self._sent = first
        self._finalize_at: list[int] = []
        self._finalized = first
        self._stopped = False
        self._stop_sent = False

    @property
    def end(self) -> int:
        """Position after the last sample that was put in."""
        return self._kept_from + len(self._kept) // BYTES_PER_SAMPLE

    @property
    def room(self) -> int:
        """How many samples can be put in now."""
        return self._window - (self.end - self._kept_from)

    def push(self, pcm16: bytes | memoryview) -> None:
        """Keep PCM16 mono audio. There may be no more of it than `room` samples."""
        self._kept += pcm16

    def finalize(self) -> None:
        """Order the server to end its utterance after the last sample that was put in."""
        self._finalize_at.append(self.end)

    def stop(self) -> None:
        """Order the server to end the session after the last sample: nothing more will be put in."""
        self._stopped = True

    def next(self) -> bytes | Finalize | Stop | None:
        """Return what to send now, which then counts as sent: PCM16 or an order. None: nothing is left to send."""
        orders = [at for at in self._finalize_at if at > self._finalized]
        if orders and orders[0] == self._sent:
            self._finalized = orders[0]
            return Finalize()
        until = min(orders[0] if orders else self.end, self._acked + self._window)
        count = min(until - self._sent, self._frame_samples)
        if count > 0:
            return self._take(count)
        if self._stopped and not self._stop_sent and self._sent == self.end:
            self._stop_sent = True
            return Stop()
        return None

    def _take(self, count: int) -> bytes:
        """The next `count` samples, or fewer."""
        if self._sent < self._kept_from:
            count = min(count, self._kept_from - self._sent)
            self._sent += count
            return bytes(count * BYTES_PER_SAMPLE)
        first = (self._sent - self._kept_from) * BYTES_PER_SAMPLE
        self._sent += count
        return bytes(self._kept[first : first + count * BYTES_PER_SAMPLE])

    def acknowledge(self, sample: int) -> None:
        """Forget the audio before position `sample`. Raises ProtocolError where that was never sent."""
        if sample > self._sent:
            raise ProtocolError("bad_message", f"The server acknowledged sample {sample}; {self._sent} were sent.")
        if sample > self._kept_from:
            del self._kept[: (sample - self._kept_from) * BYTES_PER_SAMPLE]
            self._kept_from = sample
        if sample > self._acked:
            self._acked = sample
            self._finalize_at = [at for at in self._finalize_at if at > sample]

    def rewind(self, next_sample: int) -> int:
        """Go to position `next_sample` on a new connection.

        Returns how many samples the server has lost although it had acknowledged them: they are no longer kept. Raises
        ProtocolError where that position was never sent.
        """
        lost = max(0, self._acked - next_sample)
        self._acked -= lost
        self.acknowledge(next_sample)
        self._sent = self._finalized = next_sample
        self._stop_sent = False
        return lost
