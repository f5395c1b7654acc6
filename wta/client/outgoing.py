"""What is still to be sent, or may have to be sent again: audio, and where in it orders stand."""

from __future__ import annotations

from wta.audio_format import BYTES_PER_SAMPLE
from wta.errors import ProtocolError
from wta.messages import Finalize, Stop


class Outgoing:
    """Audio that the server has not acknowledged, at most `window` samples of it. Positions count samples from 0."""

    def __init__(self, window: int, frame_samples: int, first: int = 0) -> None:
        """`first`: the position at which the audio begins, in a session that had some before."""
        self._window = window
        self._frame_samples = frame_samples
        self._kept = bytearray()
        self._acked = first
        self._sent = first
        self._finalize_at: list[int] = []
        self._finalized = first
        self._stopped = False
        self._stop_sent = False

    @property
    def end(self) -> int:
        """Position after the last sample that was put in."""
        return self._acked + len(self._kept) // BYTES_PER_SAMPLE

    @property
    def room(self) -> int:
        """How many samples can be put in now."""
        return self._window - (self.end - self._acked)

    def put(self, pcm16: bytes | memoryview) -> None:
        """Keep audio, PCM16; no more of it than there is room for."""
        self._kept += pcm16

    def finalize(self) -> None:
        """End the utterance after what is in so far."""
        self._finalize_at.append(self.end)

    def stop(self) -> None:
        """Nothing more will be put in."""
        self._stopped = True

    def next(self) -> bytes | Finalize | Stop | None:
        """What to send now; None where the window is full or nothing is left. It counts as sent."""
        orders = [at for at in self._finalize_at if at > self._finalized]
        if orders and orders[0] == self._sent:
            self._finalized = orders[0]
            return Finalize()
        count = min((orders[0] if orders else self.end) - self._sent, self._frame_samples)
        if count > 0:
            first = (self._sent - self._acked) * BYTES_PER_SAMPLE
            self._sent += count
            return bytes(self._kept[first : first + count * BYTES_PER_SAMPLE])
        if self._stopped and not self._stop_sent:
            self._stop_sent = True
            return Stop()
        return None

    def acknowledge(self, sample: int) -> None:
        """Forget what came before `sample`. Raises ProtocolError for audio that was never sent."""
        if sample > self._sent:
            raise ProtocolError("bad_message", f"The server acknowledged sample {sample}; {self._sent} were sent.")
        if sample > self._acked:
            del self._kept[: (sample - self._acked) * BYTES_PER_SAMPLE]
            self._acked = sample
            self._finalize_at = [at for at in self._finalize_at if at > sample]

    def rewind(self, next_sample: int) -> None:
        """Send again from `next_sample` on, on a new connection. Raises ProtocolError where that is not kept."""
        if next_sample < self._acked:
            raise ProtocolError(
                "unavailable", "The server has lost audio that it had acknowledged; the session cannot go on."
            )
        self.acknowledge(next_sample)
        self._sent = self._finalized = next_sample
        self._stop_sent = False
