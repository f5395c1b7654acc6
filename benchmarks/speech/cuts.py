"""Counts the words that are lost where a talk without pauses is cut for its length."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jiwer
import numpy as np

from benchmarks.speech.recordings import Recording, utterances
from benchmarks.speech.statistics import plain
from stt_worker.engine import SpeechEngine
from tests.support import sounds
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings

_HISS = 0.003
"""Loudness (RMS) of a noise over the talk, so that no breath between two recordings ends an utterance."""

_LONGEST_S = 300
"""How long the talk may be."""


def measure(engine: SpeechEngine, recordings: list[Recording], settings: Settings) -> dict[str, Any]:
    """Join recordings whose words are known into one talk without pauses, and count the words lost at its cuts."""
    known = _first([r for r in recordings if r.text])
    if not known:
        return {"words_lost_at_cuts": None, "cuts": 0}
    breathless = settings.model_copy(update={"endpoint_ms": 2000})
    texts = [engine.transcribe(one.audio).text for one in utterances([talk_of(known)], breathless)]
    return {"words_lost_at_cuts": lost(" ".join(r.text or "" for r in known), texts), "cuts": len(texts) - 1}


def talk_of(recordings: list[Recording]) -> Recording:
    """Join all recordings without their silence, over a hiss."""
    audio = np.concatenate([_without_silence(r.audio) for r in recordings])
    return Recording("talk", audio + sounds.white_noise(len(audio) / SAMPLE_RATE_HZ + 1, _HISS)[: len(audio)], None)


def _first(recordings: list[Recording]) -> list[Recording]:
    ends = itertools.accumulate(len(r.audio) for r in recordings)
    return [r for r, end in zip(recordings, ends, strict=True) if end <= _LONGEST_S * SAMPLE_RATE_HZ]


def lost(reference: str, texts: Sequence[str]) -> int:
    """Count the words of the reference that are missing where one text ends and the next begins."""
    pieces = [plain(text) for text in texts]
    ends = {sum(len(piece.split()) for piece in pieces[:n]) for n in range(1, len(pieces))}
    aligned = jiwer.process_words(plain(reference), " ".join(pieces)).alignments[0]
    return sum(
        chunk.ref_end_idx - chunk.ref_start_idx
        for chunk in aligned
        if chunk.type == "delete" and any(abs(chunk.hyp_start_idx - end) <= 1 for end in ends)
    )


def _without_silence(audio: np.ndarray) -> np.ndarray:
    loud = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
    return audio[loud[0] : loud[-1] + 1]
