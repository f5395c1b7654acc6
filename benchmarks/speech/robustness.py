"""Compares our engine with openai-whisper's whole window on noisy, fast and whispered speech, and on other voices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter, resample_poly

from benchmarks.speech.recordings import Audio, Recording, Utterance, utterances
from benchmarks.speech.statistics import word_error_rate
from benchmarks.speech.systems import MODEL
from stt_worker.engines.create import create_engine
from stt_worker.settings import EngineName, SttSettings
from tests.support import sounds
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings

_FRAME_SAMPLES = 512
_LPC_ORDER = 18
_ENGINES: tuple[EngineName, ...] = ("whisper", "whisper-full")


def measure(recordings: list[Recording], settings: Settings, models_dir: Path) -> dict[str, Any]:
    """Word error rates in percent, and the share of utterances that we decode twice, for each kind of speech."""
    known = [r for r in recordings if r.text]
    engines = {name: create_engine(SttSettings(model=MODEL, models_dir=models_dir, engine=name)) for name in _ENGINES}
    found: dict[str, Any] = {}
    for kind, spoken in _kinds(known):
        said = [u for r in spoken for u in _heard(r, settings)]
        heard = {name: [engine.transcribe(u.audio) for u in said] for name, engine in engines.items()}
        rates = {name: word_error_rate(spoken, said, [one.text for one in texts]) for name, texts in heard.items()}
        retried = sum(one.retried for one in heard["whisper"]) / len(said)
        found[kind] = {
            "utterances": len(said),
            "words": sum(len((r.text or "").split()) for r in spoken),
            "wer": rates["whisper"],
            "wer_openai_whisper": rates["whisper-full"],
            "retry_rate": round(retried, 4),
        }
        print(kind, found[kind], flush=True)
    return {"robustness": found}


def _heard(recording: Recording, settings: Settings) -> list[Utterance]:
    """Cut a recording by voice detection. Where that finds no speech, take all of it, because its words count too."""
    audio = recording.audio
    return utterances([recording], settings) or [Utterance(recording.name, audio, audio, 0.0)]


def _kinds(known: list[Recording]) -> Iterator[tuple[str, list[Recording]]]:
    def changed(change: Callable[[Audio], Audio]) -> list[Recording]:
        return [replace(r, audio=change(r.audio)) for r in known]

    voices = [r.audio for r in known[:8]]
    yield "as recorded", known
    for snr_db in (20, 10):
        yield f"white noise, {snr_db} dB", changed(lambda a, s=snr_db: _with(a, sounds.white_noise, s))  # type: ignore[misc]
    yield "noise of a road, 10 dB", changed(lambda a: _with(a, sounds.brown_noise, 10))
    yield "babble, 10 dB", changed(lambda a: _with(a, lambda seconds: sounds.babble(seconds, voices), 10))
    yield "a quarter faster", changed(lambda a: np.asarray(resample_poly(a, 4, 5), dtype=np.float32))
    yield "whispered", changed(whispered)
    for name, pace in (("", 160), (", 240 words a minute", 240)):
        yield (
            f"espeak's voices{name}",
            [
                Recording(f"{voice} {n}", sounds.spoken(text, voice, pace), text)
                for n, (voice, text) in enumerate((v, t) for v in sounds.VOICES for t in sounds.SENTENCES[:4])
            ],
        )


def _with(audio: Audio, noise: Callable[[float], Audio], snr_db: float) -> Audio:
    made = noise(len(audio) / SAMPLE_RATE_HZ + 1)[: len(audio)]
    return np.asarray(audio + sounds.level(made, sounds.rms(audio) * 10 ** (-snr_db / 20)), dtype=np.float32)


def whispered(audio: Audio) -> Audio:
    """Turn a voice into a whisper: noise goes through the filter of the mouth (linear prediction), frame by frame."""
    rng = np.random.default_rng(0)
    window, step = np.hanning(_FRAME_SAMPLES), _FRAME_SAMPLES // 2
    padded = np.pad(audio.astype(np.float64), step)
    made = np.zeros(len(padded))
    for first in range(0, len(padded) - _FRAME_SAMPLES, step):
        frame = padded[first : first + _FRAME_SAMPLES] * window
        lags = np.correlate(frame, frame, "full")[_FRAME_SAMPLES - 1 :][: _LPC_ORDER + 1]
        if lags[0] < 1e-6:
            continue
        lags[0] *= 1.001
        coefficients = solve_toeplitz(lags[:-1], lags[1:])
        gain = np.sqrt(max(0.0, lags[0] - coefficients @ lags[1:]) / np.square(window).sum())
        noise = rng.standard_normal(_FRAME_SAMPLES) * gain
        made[first : first + _FRAME_SAMPLES] += lfilter([1.0], [1.0, *-coefficients], noise) * window
    return sounds.level(made[step : step + len(audio)], sounds.rms(audio))
