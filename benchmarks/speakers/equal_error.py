"""How often two pieces of speech are held for one speaker's wrongly, by their length, and what that costs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from benchmarks.speakers.recordings import Readers
from benchmarks.speakers.scores import equal_error
from benchmarks.speech.recordings import Audio
from stt_worker.speakers.embedder import SpeakerEmbedder
from stt_worker.speakers.voice import Vector
from wta.audio_format import SAMPLE_RATE_HZ

LENGTHS_S = (1.5, 3.0, 6.0)
_MOST = 24
"""Pieces of one reader, so that long sentences do not outweigh the others."""


def measure(readers: Readers, embedder: SpeakerEmbedder) -> dict[str, Any]:
    """Length in seconds → the equal error rate over all pairs of pieces, and the mean cosines."""
    return {f"{seconds:g}": _one(readers, embedder, seconds) for seconds in LENGTHS_S}


def cost_ms(readers: Readers, embedder: SpeakerEmbedder) -> dict[str, float]:
    """Length in seconds → median CPU time for one utterance on one core, in milliseconds."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    speech = np.concatenate([sentence for sentences in readers.values() for sentence in sentences])
    found = {f"{s:g}": _median_ms(embedder, speech[: round(s * SAMPLE_RATE_HZ)]) for s in LENGTHS_S}
    torch.set_num_threads(before)
    return found


def _one(readers: Readers, embedder: SpeakerEmbedder, seconds: float) -> dict[str, Any]:
    pieces = {name: _pieces(sentences, seconds) for name, sentences in readers.items()}
    voices = [(name, embedder.voice(0, piece).direction) for name, some in pieces.items() for piece in some]
    same, different = _cosines(voices)
    return {
        "pieces": len(voices),
        "equal_error": round(equal_error(same, different), 4),
        "cosine_same": round(float(np.mean(same)), 3),
        "cosine_different": round(float(np.mean(different)), 3),
    }


def _pieces(sentences: list[Audio], seconds: float) -> list[Audio]:
    """Cut what one reader says, sentence after sentence, into pieces of that length."""
    whole, length = np.concatenate(sentences), round(seconds * SAMPLE_RATE_HZ)
    return [whole[at : at + length] for at in range(0, len(whole) - length + 1, length)][:_MOST]


def _cosines(voices: list[tuple[str, Vector]]) -> tuple[list[float], list[float]]:
    same, different = [], []
    for at, (name, voice) in enumerate(voices):
        for other, theirs in voices[:at]:
            (same if name == other else different).append(float(voice @ theirs))
    return same, different


def _median_ms(embedder: SpeakerEmbedder, audio: Audio, times: int = 30) -> float:
    taken = []
    for _ in range(times):
        began = time.process_time()
        embedder.voice(0, audio)
        taken.append(time.process_time() - began)
    return round(1000 * float(np.median(taken)), 1)
