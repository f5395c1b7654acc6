"""Sounds for tests and measurements: voices that espeak-ng speaks, and what is no speech at all."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from functools import cache

import numpy as np
import soundfile
from scipy.signal import lfilter, resample_poly

from stt_worker.engine import SAMPLE_RATE_HZ, Audio

VOICES = ("en-us", "en-gb", "en-gb-scotland", "en-us+f2", "en-gb+m3", "en-us+f4", "en-gb+f5", "en-us+m7")
SENTENCES = (
    "The meeting begins at nine and everybody has to bring the papers from last week.",
    "I would rather walk home through the park than wait another hour for the bus.",
    "Please put the blue boxes beside the window and leave the rest in the kitchen.",
    "He said that the weather had been terrible and the harvest was late this year.",
    "Our neighbours painted their house green, which nobody in the street expected.",
    "She learned to play the piano when she was five and never stopped practising.",
    "Nothing in the contract says that the work must be finished before the summer.",
    "A small dog ran across the road and disappeared behind the old train station.",
)


@cache
def spoken(text: str, voice: str = "en-us", words_per_minute: int = 160) -> Audio:
    """A sentence as espeak-ng speaks it, float32 mono at 16 kHz."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text]
    sound, rate_hz = soundfile.read(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    return np.asarray(resample_poly(sound, SAMPLE_RATE_HZ, rate_hz), dtype=np.float32)


def silence(seconds: float) -> Audio:
    """Digital silence."""
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def white_noise(seconds: float, loudness: float = 0.05, seed: int = 0) -> Audio:
    """Gaussian noise."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(int(seconds * SAMPLE_RATE_HZ)) * loudness).astype(np.float32)


def brown_noise(seconds: float, loudness: float = 0.05, seed: int = 0) -> Audio:
    """Noise that falls by 6 dB an octave, like wind or a far road."""
    return level(lfilter([1.0], [1.0, -0.98], white_noise(seconds, 1.0, seed)), loudness)


def hum(seconds: float, mains_hz: float = 50.0, loudness: float = 0.05) -> Audio:
    """Mains hum: the fundamental and its overtones."""
    t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return level(sum(np.sin(2 * np.pi * mains_hz * k * t + k) / k for k in range(1, 12)), loudness)


def music(seconds: float, seed: int = 0, loudness: float = 0.1) -> Audio:
    """Plucked chords and a melody over them, at 100 beats a minute."""
    rng = np.random.default_rng(seed)
    track = np.zeros(int((seconds + 2) * SAMPLE_RATE_HZ))
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    for beat in range(int(seconds / 0.3)):
        notes = [2 * rng.choice(scale)] + ([scale[k] for k in (0, 2, 4)] if beat % 4 == 0 else [])
        for note_hz in notes:
            t = np.arange(int(1.2 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
            tone = sum(np.sin(2 * np.pi * note_hz * k * t) / k**2 for k in range(1, 7)) * np.exp(-3 * t)
            start = int(beat * 0.3 * SAMPLE_RATE_HZ)
            track[start : start + len(tone)] += tone
    return level(track[: int(seconds * SAMPLE_RATE_HZ)], loudness)


def babble(seconds: float, voices: Sequence[Audio], loudness: float = 0.07, seed: int = 0) -> Audio:
    """Everybody given talks at once, equally loud, each from another place of their talk."""
    rng = np.random.default_rng(seed)
    length = int(seconds * SAMPLE_RATE_HZ)
    mix = np.zeros(length)
    for voice in voices:
        talk = np.resize(np.roll(voice, int(rng.integers(len(voice)))), length)
        mix += talk / (rms(talk) + 1e-9)
    return level(mix, loudness)


def level(sound: np.ndarray, loudness: float) -> Audio:
    """The sound at another loudness (root mean square)."""
    return np.asarray(sound * (loudness / (rms(sound) + 1e-12)), dtype=np.float32)


def rms(sound: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(sound))))
