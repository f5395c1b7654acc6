"""What the engine says of a sentence's end, and what the benchmark of endpoints makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speech import endpoints
from benchmarks.speech.recordings import Recording
from stt_worker.engine import SpeechEngine
from tests.support.speech import load_16k, speech_folder
from wta.audio_format import SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Kennedy: "And so, my fellow Americans: ask not what your country can do for you, ...", float32 at 16 kHz."""
    folder = speech_folder()
    if folder is None or not (folder / "jfk.flac").is_file():
        pytest.skip("There is no recording of Kennedy's sentence.")
    return load_16k(folder / "jfk.flac")


def test_a_sentence_looks_finished_at_its_end_and_not_before(engine: SpeechEngine, speech: np.ndarray) -> None:
    beginning = engine.transcribe(speech[: round(4.2 * SAMPLE_RATE_HZ)])
    assert beginning.text.lower().rstrip(". ").endswith("not")
    assert beginning.finished is False
    assert engine.transcribe(speech).finished is True


def test_the_benchmark_counts_a_sentence_torn_in_the_middle(engine: SpeechEngine, speech: np.ndarray) -> None:
    found = endpoints.alone([Recording("jfk", speech, "ask not")], endpoints.text_of(engine.transcribe))
    assert 0 <= found["words"]["cuts_inside"] < found["silence"]["cuts_inside"]
