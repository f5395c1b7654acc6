"""The one audio format inside the system: mono, 16 kHz, signed 16-bit little-endian PCM."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
BYTES_PER_SAMPLE = 2
MIN_INPUT_RATE_HZ = 8_000
MAX_INPUT_RATE_HZ = 96_000
_FULL_SCALE = 32_768.0


def pcm16_to_float(pcm: bytes) -> NDArray[np.float32]:
    """Convert PCM16 little-endian bytes to float32 [n_samples] in [-1, 1). Raises ValueError for an odd byte count."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(_FULL_SCALE)


def float_to_pcm16(samples: NDArray[np.floating]) -> bytes:
    """Convert float [n_samples] in [-1, 1) to PCM16 little-endian bytes, rounded. Louder samples are clipped."""
    scaled = samples * _FULL_SCALE
    np.rint(scaled, out=scaled)
    scaled.clip(-_FULL_SCALE, _FULL_SCALE - 1, out=scaled)
    return bytes(scaled.astype("<i2").tobytes())


def seconds(pcm: bytes) -> float:
    """The duration, in seconds, of PCM16 audio at 16 kHz, mono."""
    return len(pcm) / (BYTES_PER_SAMPLE * SAMPLE_RATE_HZ)
