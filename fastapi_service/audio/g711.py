"""Decodes the two encodings of telephony. Source: ITU-T G.711, and its tables as libsndfile and FFmpeg have them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["mulaw", "alaw"]
RATE_HZ = 8_000
"""The sample rate of every telephone line."""


def _mulaw() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(int), (code & 15).astype(int)
    size = ((mantissa * 8 + 132) << exponent) - 132
    return np.asarray(np.where(code & 128, -size, size), dtype="<i2")


def _alaw() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4 & 7).astype(int), (code & 15).astype(int)
    size = np.where(exponent, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0), mantissa * 16 + 8)
    return np.asarray(np.where(code & 128, size, -size), dtype="<i2")


_TABLES = {"mulaw": _mulaw(), "alaw": _alaw()}


def decode(audio: bytes, law: Law) -> bytes:
    """Return G.711 audio, one byte a sample, as PCM16 (little-endian)."""
    return _TABLES[law][np.frombuffer(audio, dtype=np.uint8)].tobytes()
