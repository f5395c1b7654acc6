"""The benchmark of rooms counts what it says it counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from benchmarks.report.voices import rooms as rooms_block
from benchmarks.speech import rooms
from tests.support import sounds
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings


def test_shares_are_of_speech_and_of_silence() -> None:
    # Given two seconds of speech of which one lies in utterances, and eight of silence with two in utterances
    spoken, cut = np.zeros(1000, dtype=np.bool_), np.zeros(1000, dtype=np.bool_)
    spoken[:200], cut[100:400] = True, True
    # When they are summed up beside a recording in which nobody speaks
    nobody = np.zeros(100, dtype=np.bool_)
    found = rooms.summary([rooms.Heard("a", spoken, cut), rooms.Heard("b", nobody, nobody)])
    # Expect shares of the speech, and of what is none
    assert (found["speech_s"], found["covered"], found["worst"], found["worst_covered"]) == (2.0, 0.5, "a", 0.5)
    assert found["false"] == round(200 / 900, 4)


def test_a_clear_voice_is_heard_and_silence_is_not(tmp_path: Path) -> None:
    # Given a sentence between two silences, and who speaks when
    sentence = sounds.level(sounds.spoken(sounds.SENTENCES[0]), 0.08)
    soundfile.write(
        tmp_path / "a.flac", np.concatenate([sounds.silence(3), sentence, sounds.silence(3)]), SAMPLE_RATE_HZ
    )
    seconds = len(sentence) / SAMPLE_RATE_HZ
    (tmp_path / "reference.rttm").write_text(f"SPEAKER a 1 3.000 {seconds:.3f} <NA> <NA> X <NA> <NA>\n")
    # When the voice detection hears it
    found = rooms.measure(tmp_path, Settings())
    # Expect nearly all of the sentence, little of the silence, and a line for each variant
    assert found["rooms"]["as in service"]["covered"] > 0.9
    assert found["rooms"]["as in service"]["false"] < 0.2
    assert rooms_block(found).count("\n") == len(rooms.CHANGES) + 1
