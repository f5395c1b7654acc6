"""Files of many channels, and films whose sound begins late: nobody is lost, and times stay true."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.fastapi_service.audio.decoded import decoded, tone

RATE_HZ = 16_000
_PCM = bytes.fromhex("0100000000001000800000aa00389b71")


def wav(path: Path, gains: list[float], mask: int | None = None) -> Path:
    """A tone in a WAV file, louder or softer in each channel. `mask`: which loudspeakers the channels are meant for."""
    samples = np.frombuffer(tone(1), dtype="<i2").astype(float)
    data = np.outer(samples, gains).astype("<i2").tobytes()
    n, frame = len(gains), 2 * len(gains)
    kind = struct.pack("<HHIIHH", 1 if mask is None else 0xFFFE, n, RATE_HZ, RATE_HZ * frame, frame, 16)
    kind += b"" if mask is None else struct.pack("<HHI", 22, 16, mask) + _PCM
    chunks = b"WAVEfmt " + struct.pack("<I", len(kind)) + kind + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    return path


def loudness(audio: np.ndarray) -> float:
    return float(np.sqrt(np.square(audio, dtype=float).mean()) / np.sqrt(np.square(8_000 / np.sqrt(2))))


@pytest.mark.parametrize("n", [1, 2, 3, 6, 8, 16, 32])
def test_each_channel_is_heard_as_loud_as_the_others(tmp_path: Path, n: int) -> None:
    for channel in {0, n // 2, n - 1}:
        audio, facts = decoded(wav(tmp_path / "talk.wav", [float(at == channel) for at in range(n)]))
        assert loudness(audio) == pytest.approx(1 / n, rel=0.05)
        assert (len(audio), facts.unread_s) == (RATE_HZ, 0.0)


def test_where_the_file_names_its_channels_they_are_weighed_as_in_a_cinema(tmp_path: Path) -> None:
    surround = 0x3F
    centre, _ = decoded(wav(tmp_path / "centre.wav", [0, 0, 1, 0, 0, 0], surround))
    left, _ = decoded(wav(tmp_path / "left.wav", [1, 0, 0, 0, 0, 0], surround))
    assert loudness(centre) > 1.2 * loudness(left) > 0.2


def test_two_channels_that_cancel_each_other_are_heard(tmp_path: Path) -> None:
    audio, _ = decoded(wav(tmp_path / "talk.wav", [1.0, -1.0]))
    assert loudness(audio) == pytest.approx(1, rel=0.05)


def film(path: Path, sound_at_s: float) -> Path:
    """A black picture from the beginning on, and a second of sound from `sound_at_s` on."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=10, width=64, height=64, pix_fmt="yuv420p")
        sound = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        for at in range(round(10 * sound_at_s) + 10):
            black = av.VideoFrame(64, 64, "yuv420p")
            black.pts, black.time_base = at, Fraction(1, 10)
            container.mux(picture.encode(black))
        frame = av.AudioFrame.from_ndarray(np.frombuffer(tone(1), dtype="<i2")[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, round(sound_at_s * RATE_HZ), Fraction(1, RATE_HZ)
        container.mux([*sound.encode(frame), *picture.encode(None), *sound.encode(None)])
    return path


@pytest.mark.parametrize("kind", ["mkv", "mp4", "ts"])
@pytest.mark.parametrize("sound_at_s", [0.0, 4.0])
def test_sound_that_begins_late_keeps_its_times(tmp_path: Path, kind: str, sound_at_s: float) -> None:
    audio, facts = decoded(film(tmp_path / f"film.{kind}", sound_at_s))
    heard = np.abs(audio) > 1_000
    assert heard.argmax() / RATE_HZ == pytest.approx(sound_at_s, abs=0.3)
    assert facts.unread_s < 0.2


def with_gap(path: Path) -> Path:
    """Two seconds of sound, the second one ten seconds late, as a browser records a microphone that was away."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libopus", rate=48_000, layout="mono")
        for at_s, part in ((0, tone(1)), (11, tone(1))):
            frame = av.AudioFrame.from_ndarray(np.frombuffer(part, dtype="<i2")[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at_s * RATE_HZ, Fraction(1, RATE_HZ)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("kind", ["webm", "mkv"])
def test_what_comes_after_a_gap_keeps_its_time(tmp_path: Path, kind: str) -> None:
    audio, _ = decoded(with_gap(tmp_path / f"talk.{kind}"))
    assert len(audio) / RATE_HZ == pytest.approx(12, abs=0.3)
    assert loudness(audio[11 * RATE_HZ :]) > 0.8 and loudness(audio[2 * RATE_HZ : 10 * RATE_HZ]) < 0.01
