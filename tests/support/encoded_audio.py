"""Speech as a file of any kind."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_CODECS = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac", "webm": "libopus"}


def encoded(pcm16: bytes, path: Path) -> Path:
    """Speech as a file of whatever kind its name says; stereo, as most files are."""
    kind = path.suffix[1:]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_CODECS[kind], rate=48_000 if kind == "webm" else 44_100)
        stream.layout = "stereo"  # type: ignore[attr-defined]
        samples = np.frombuffer(pcm16, dtype="<i2")
        for at in range(0, len(samples), 16_000):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 16_000], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, at, Fraction(1, 16_000)
            container.mux(stream.encode(frame))  # type: ignore[attr-defined]
        container.mux(stream.encode(None))  # type: ignore[attr-defined]
    return path
