"""Files of any rate and any number of channels, as mono PCM16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from wta.client import Pace, paced
from wta.client.audio_files import AudioFile
from wta.errors import AudioError


def tone(rate_hz: int, seconds: float = 1.3) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(rate_hz * seconds)) / rate_hz)


def write(path: Path, samples: np.ndarray, rate_hz: int, subtype: str = "PCM_16") -> AudioFile:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return AudioFile(path)


def read(file: AudioFile) -> np.ndarray:
    return np.frombuffer(b"".join(file.blocks()), "<i2") / 32768


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_a_file_keeps_its_rate_and_every_sample(tmp_path: Path, name: str, rate_hz: int) -> None:
    file = write(tmp_path / name, tone(rate_hz), rate_hz)

    assert file.sample_rate_hz == rate_hz
    assert file.duration_s == pytest.approx(1.3, abs=1e-3)
    assert b"".join(file.blocks()) == soundfile.read(tmp_path / name, dtype="int16")[0].tobytes()


@pytest.mark.parametrize(("rate_hz", "spoken_hz"), [(192_000, 96_000), (4_000, 8_000)])
def test_rates_beyond_the_protocol_are_resampled(tmp_path: Path, rate_hz: int, spoken_hz: int) -> None:
    file = write(tmp_path / "a.wav", tone(rate_hz), rate_hz)

    assert file.sample_rate_hz == spoken_hz
    said, expected = read(file), tone(spoken_hz)
    assert len(said) == len(expected)
    assert np.abs(said - expected)[200:-200].max() < 1e-3


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(16000), np.zeros(len(tone(16000)))
    file = write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16000)

    assert np.abs(read(file) - left / 2).max() < 1e-4


def test_floats_beyond_full_scale_are_clipped_and_no_number_is_silence(tmp_path: Path) -> None:
    file = write(tmp_path / "a.wav", np.array([2.0, -2.0, np.nan, 0.25]), 16000, "FLOAT")

    assert read(file).tolist() == [32767 / 32768, -1.0, 0.0, 0.25]


def test_an_empty_file_has_no_blocks(tmp_path: Path) -> None:
    assert list(write(tmp_path / "a.wav", np.zeros(0), 16000).blocks()) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"RIFF\0\0\0\0WAVEfmt "])
def test_a_file_that_is_no_audio_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)

    with pytest.raises(AudioError, match=r"a\.wav: cannot be read as audio"):
        AudioFile(path)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="there is no such file"):
        AudioFile(tmp_path / "none.wav")


@pytest.mark.parametrize("pace", list(Pace))
async def test_every_pace_carries_the_same_audio(tmp_path: Path, pace: Pace) -> None:
    file = write(tmp_path / "a.wav", tone(11025), 11025)

    said = [block async for block in paced(file.blocks(), 11025, pace)]
    assert b"".join(said) == b"".join(file.blocks())
    if pace is Pace.REALTIME:
        assert max(map(len, said)) == 2 * round(0.1 * 11025)
