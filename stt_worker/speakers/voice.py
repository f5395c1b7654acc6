"""What is kept of an utterance to know its speaker by."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
_STEPS = 127
"""A number of a voice is kept in 8 bits: 192 bytes an utterance, and the cosine moves by less than 0.01."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice of one utterance.

    A voice print is personal data of a special kind: it lies in the session's state, and nowhere else.
    """

    seq: int
    """Number of the utterance in its session."""
    print: bytes
    """The network's vector [192] as signed bytes, its largest number 127."""
    speech_s: float
    """Seconds of speech in the utterance, rounded to 10 ms."""

    @classmethod
    def of(cls, seq: int, vector: Vector, speech_s: float) -> Voice:
        """Make a voice of the network's float32 [192], of any length but 0, from `speech_s` seconds of speech."""
        scaled = np.rint(vector / np.abs(vector).max() * _STEPS).astype(np.int8)
        return cls(seq, scaled.tobytes(), round(speech_s, 2))

    @property
    def direction(self) -> Vector:
        """float32 [192] of length 1."""
        return unit(np.frombuffer(self.print, dtype=np.int8).astype(np.float32))

    def to_row(self) -> list[int | str | float]:
        """The voice as a row of JSON."""
        return [self.seq, base64.b64encode(self.print).decode(), self.speech_s]

    @classmethod
    def from_row(cls, row: list[int | str | float]) -> Voice:
        """Read what `to_row` made."""
        seq, print_, speech_s = row
        return cls(int(seq), base64.b64decode(str(print_)), float(speech_s))


def unit(vectors: Vector) -> Vector:
    """float32 [..., n] → the same directions with length 1."""
    scaled: Vector = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled
