"""The benchmark takes any folder of sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.speech import cuts, recordings
from benchmarks.speech.statistics import word_error_rate
from tests.support import sounds
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A talk of half a minute in stereo at 44.1 kHz without a text, a sentence with one, and what is no sound."""
    talk = np.concatenate([np.append(sounds.spoken(text), sounds.silence(1)) for text in sounds.SENTENCES])
    stereo = np.repeat(talk, 3)[:, None] * [1.0, 0.5]  # 48 kHz, played a little slower
    soundfile.write(tmp_path / "talk.wav", stereo, 44_100, "PCM_24")
    soundfile.write(tmp_path / "sentence.flac", sounds.spoken(sounds.SENTENCES[2]), SAMPLE_RATE_HZ)
    (tmp_path / "transcripts.tsv").write_text(f"sentence.flac\t{sounds.SENTENCES[2]}\nmissing.wav\tNobody.\n")
    (tmp_path / "notes.txt").write_text("no sound")
    monkeypatch.setenv("WTA_SPEECH_DIR", str(tmp_path))
    return tmp_path


def test_the_benchmark_hears_any_folder_of_sounds(folder: Path, tmp_path: Path) -> None:
    sentence, talk = recordings.load(tmp_path)
    assert (sentence.text, talk.text) == (sounds.SENTENCES[2], None)
    assert talk.audio.ndim == 1
    assert len(talk.audio) == pytest.approx(soundfile.info(folder / "talk.wav").duration * SAMPLE_RATE_HZ, abs=2)
    said = recordings.utterances([sentence, talk], Settings())
    assert len(said) >= 1 + len(sounds.SENTENCES) // 2
    assert recordings.describe([sentence, talk], said)["utterances"] == len(said)


def test_a_recording_that_is_left_out_in_part_does_not_count_for_the_words(folder: Path, tmp_path: Path) -> None:
    spoken = [recordings.Recording(r.name, r.audio, "some words") for r in recordings.load(tmp_path)]
    said = recordings.utterances(spoken, Settings())
    kept, some = recordings.some(spoken, said, 3)
    assert len(some) == 3
    assert {r.name: r.text for r in kept} == {"sentence.flac": "some words", "talk.wav": None}
    assert word_error_rate(kept, some, ["some words"] * 3) == 0.0


def test_without_a_text_nothing_is_said_of_words() -> None:
    unknown = [recordings.Recording("a.wav", sounds.silence(1), None)]
    assert word_error_rate(unknown, [], []) is None
    assert cuts.measure(None, unknown, Settings()) == {"words_lost_at_cuts": None, "cuts": 0}  # type: ignore[arg-type]
