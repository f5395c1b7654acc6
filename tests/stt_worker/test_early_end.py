"""Where Whisper stops before the speech does, what is left is heard too."""

from __future__ import annotations

from pathlib import Path

import jiwer
import numpy as np
import pytest

from benchmarks.speech.cuts import talk_of
from benchmarks.speech.recordings import Recording
from benchmarks.speech.statistics import plain
from stt_worker.engine import SAMPLE_RATE_HZ, SpeechEngine, TimedWord
from stt_worker.guards.early_end import may_end_early, unheard_rest
from tests.support import sounds
from tests.support.speech import load_16k, packaged_clips


def test_a_change_of_voice_does_not_end_the_text(engine: SpeechEngine, tmp_path: Path) -> None:
    """By itself tiny.en, and openai-whisper with it, writes the first two of these sentences and stops."""
    clips = packaged_clips(tmp_path)[:5]
    talk = talk_of([Recording(clip.path.name, load_16k(clip.path), clip.text) for clip in clips])
    heard = engine.transcribe(talk.audio)
    said = plain(" ".join(clip.text for clip in clips))
    assert jiwer.process_words(said, plain(heard.text)).deletions <= 3
    assert not heard.retried


@pytest.mark.parametrize(
    ("seconds", "tokens", "early"), [(20, 12, True), (20, 40, False), (3, 2, False), (20, 0, False)]
)
def test_few_words_in_much_time_are_suspicious(seconds: int, tokens: int, early: bool) -> None:
    assert may_end_early(sounds.silence(seconds), tokens, 1.5) is early


def test_the_rest_begins_where_it_is_quiet() -> None:
    audio = np.ones(10 * SAMPLE_RATE_HZ, dtype=np.float32)
    audio[int(3.2 * SAMPLE_RATE_HZ) : int(3.3 * SAMPLE_RATE_HZ)] = 0
    rest = unheard_rest(audio, [TimedWord("dog.", 2.5, 3.0, 1.0)])
    assert rest is not None and 6.7 <= len(rest) / SAMPLE_RATE_HZ <= 6.8


@pytest.mark.parametrize("end_s", [0.1, 8.7, 9.99])
def test_next_to_nothing_is_not_heard_again(end_s: float) -> None:
    assert unheard_rest(np.ones(10 * SAMPLE_RATE_HZ, dtype=np.float32), [TimedWord("dog.", 0.0, end_s, 1.0)]) is None


def test_without_words_there_is_no_rest() -> None:
    assert unheard_rest(np.ones(10 * SAMPLE_RATE_HZ, dtype=np.float32), []) is None
