"""A talk without pauses is cut for its length, and no word is lost there."""

from __future__ import annotations

from benchmarks.speech import cuts
from benchmarks.speech.recordings import Recording
from stt_worker.engine import SpeechEngine
from tests.support import sounds
from tests.support.speech import Clip, load_16k
from wta.settings import Settings


def test_no_word_is_lost_where_a_talk_is_cut(engine: SpeechEngine) -> None:
    talk = [Recording(text, sounds.spoken(text, "en-gb"), text) for text in sounds.SENTENCES]
    found = cuts.measure(engine, talk, Settings(max_utterance_s=8.0))
    assert found["cuts"] >= 3
    assert found["words_lost_at_cuts"] == 0


def test_no_recorded_word_is_lost_where_a_talk_is_cut(engine: SpeechEngine, recordings: list[Clip]) -> None:
    talk = [Recording(clip.path.name, load_16k(clip.path), clip.text) for clip in recordings]
    found = cuts.measure(engine, talk, Settings())
    assert found["cuts"] >= 1
    assert found["words_lost_at_cuts"] == 0


def test_a_lost_word_is_counted() -> None:
    said = "the harvest was late again this year"
    assert cuts.lost(said, ["The harvest", "late again this year."]) == 1
    assert cuts.lost(said, ["The harvest was", "late again year."]) == 0
