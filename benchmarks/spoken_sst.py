"""Sentences of the treebank spoken by espeak-ng and written down by tiny.en, as the worker does it; then kept."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from pathlib import Path

import jiwer
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly
from tqdm import tqdm
from whisper.normalizers import EnglishTextNormalizer

from stt_worker.engine import SAMPLE_RATE_HZ
from stt_worker.engines import create_engine
from stt_worker.settings import SttSettings

VOICE = "en-gb"
"""The one of espeak-ng's English voices that tiny.en understands best; people are understood far better."""
SPEED_WPM = 140


def transcripts(texts: list[str], cache: Path, models_dir: Path, threads: int = 1) -> list[str]:
    """What tiny.en writes for each text, spoken by VOICE; empty where it hears no speech.

    Work done before is taken from `cache`.
    """
    known: dict[str, str] = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
    missing = [text for text in texts if _key(text) not in known]
    if missing:
        settings = SttSettings(model="tiny.en", models_dir=models_dir, threads=threads)
        engine = create_engine(settings)
        for done, text in enumerate(tqdm(missing, desc="speak and transcribe"), start=1):
            known[_key(text)] = engine.transcribe(speak(text), language="en").text
            if done % 20 == 0 or done == len(missing):
                cache.parent.mkdir(parents=True, exist_ok=True)
                cache.write_text(json.dumps(known), encoding="utf-8")
    return [known[_key(text)] for text in texts]


def speak(text: str) -> NDArray[np.float32]:
    """float32 mono at 16 kHz."""
    command = ["espeak-ng", "-v", VOICE, "-s", str(SPEED_WPM), "--stdout", "--", text]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wav), dtype="float32")
    audio: NDArray[np.float32] = resample_poly(samples, SAMPLE_RATE_HZ, rate_hz).astype(np.float32)
    return audio


def word_error_rate(texts: list[str], heard: list[str]) -> float:
    normalize = EnglishTextNormalizer()
    return float(jiwer.wer([normalize(text) for text in texts], [normalize(text) for text in heard]))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
