"""Speech as a file of any kind."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_CODECS = {
    "wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac", "webm": "libopus", "ogg": "libopus",
    "opus": "libopus", "mp4": "aac", "mkv": "aac", "mov": "aac", "aac": "aac", "aiff": "pcm_s16be", "caf": "pcm_s16le",
    "3gp": "aac", "amr": "libopencore_amrnb", "wma": "wmav2", "avi": "libmp3lame", "ts": "aac", "mpg": "mp2",
    "flv": "aac", "au": "pcm_s16be", "w64": "pcm_s16le", "wv": "wavpack",
}  # fmt: skip
_RATES = {"libopus": 48_000, "libopencore_amrnb": 8_000}


def encoded(pcm16: bytes, path: Path) -> Path:
    """Speech as a file of whatever kind its name says; stereo, as most files are (AMR is not)."""
    codec = _CODECS[path.suffix[1:]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=_RATES.get(codec, 44_100))
        stream.layout = "mono" if "amr" in codec else "stereo"  # type: ignore[attr-defined]
        if codec == "wmav2":
            stream.bit_rate = 128_000  # type: ignore[attr-defined]
        samples = np.frombuffer(pcm16, dtype="<i2")
        for at in range(0, len(samples), 16_000):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 16_000], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, at, Fraction(1, 16_000)
            container.mux(stream.encode(frame))  # type: ignore[attr-defined]
        container.mux(stream.encode(None))  # type: ignore[attr-defined]
    return path
