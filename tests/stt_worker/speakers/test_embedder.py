"""The voice of an utterance: by the real network, of real readers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.speakers.recordings import Readers
from inference.linear import FloatLinear
from stt_worker.speakers import checkpoint
from stt_worker.speakers.campplus import CamPlusPlus
from stt_worker.speakers.embedder import SpeakerEmbedder
from stt_worker.speakers.filterbank import Filterbank
from stt_worker.speakers.voice import unit
from tests.stt_worker.models_dir import MODELS_DIR

SECOND = 16_000


def test_one_reader_is_more_like_themselves_than_like_anybody_else(embedder: SpeakerEmbedder, readers: Readers) -> None:
    # Given the voices of the odd and of the even sentences of each reader
    voices = [[embedder.voice(n, said).direction for n, said in enumerate(some)] for some in readers.values()]
    first, second = (unit(np.stack([np.sum(some[half::2], axis=0) for some in voices])) for half in (0, 1))
    # When they are compared
    cosines = first @ second.T
    # Expect each to be nearest to their own others, with a margin
    own, others = np.diag(cosines), cosines[~np.eye(len(readers), dtype=bool)]
    assert own.min() > others.max() + 0.2


def test_8_bits_give_the_voice_of_32_bits(embedder: SpeakerEmbedder, readers: Readers) -> None:
    audio = next(iter(readers.values()))[0][: 2 * SECOND]
    exact = CamPlusPlus(checkpoint.load(checkpoint.resolve(MODELS_DIR)), FloatLinear)
    vector = exact(Filterbank()(torch.from_numpy(audio))).numpy()
    assert embedder.voice(1, audio).direction @ (vector / np.linalg.norm(vector)) > 0.99


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 3_000])
def test_audio_too_short_for_a_voice_has_one_with_hardly_any_speech(embedder: SpeakerEmbedder, samples: int) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, samples).astype(np.float32)
    voice = embedder.voice(1, noise)
    assert np.isfinite(voice.direction).all()
    assert voice.speech_s <= samples / SECOND + 0.01


def test_silence_holds_no_speech(embedder: SpeakerEmbedder) -> None:
    assert embedder.voice(1, np.zeros(2 * SECOND, dtype=np.float32)).speech_s == 0


def test_silence_around_a_sentence_is_not_counted_as_speech(embedder: SpeakerEmbedder, readers: Readers) -> None:
    sentence = next(iter(readers.values()))[0]
    silence = np.zeros(3 * SECOND, dtype=np.float32)
    padded = embedder.voice(1, np.concatenate([silence, sentence, silence]))
    assert padded.speech_s == pytest.approx(embedder.voice(1, sentence).speech_s, abs=0.05)
