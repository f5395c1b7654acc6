"""The benchmark of hard voices: errors are counted as said, and the table shows what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.report.voices import voices as voices_block
from benchmarks.speech import error_counts, voices
from stt_worker.engine import SAMPLE_RATE_HZ
from tests.stt_worker.models_dir import MODELS_DIR
from tests.support import sounds


def test_words_are_counted_after_normalisation() -> None:
    counts = error_counts.words(["It's colour, Mr. Smith!", "Go home now"], ["it is color mister smith", "go now"])
    assert [one.errors for one in counts] == [0, 1]
    assert (counts[1].said, counts[1].replaced, counts[1].lost, counts[1].added) == (3, 0, 1, 0)


def test_characters_are_counted_without_spaces_and_signs() -> None:
    (count,) = error_counts.characters(["안녕 하세요."], ["안녕하세오"])
    assert (count.said, count.replaced, count.lost, count.added) == (5, 1, 0, 0)


def test_a_text_that_is_missing_is_lost() -> None:
    (count,) = error_counts.words(["nobody heard this"], [""])
    assert (count.lost, count.errors) == (3, 3)


def test_two_systems_are_compared_on_the_same_recordings() -> None:
    said = ["the dog ran home"] * 10
    ours, theirs = (error_counts.words(said, [text] * 10) for text in ("the dog ran", "the dog ran home"))
    found = error_counts.compared(ours, theirs)
    assert (found["size"], found["error_rate"], found["error_rate_openai_whisper"]) == (40, 25.0, 0.0)
    assert found["difference"] == 25.0 and found["difference_ci95"] == [25.0, 25.0]
    assert (found["lost"], found["lost_openai_whisper"]) == (10, 0)


@pytest.mark.usefixtures("tiny_en")
def test_a_corpus_is_measured_alone_and_in_noise(tmp_path: Path) -> None:
    # Given a folder of two spoken sentences with their texts, and the noise of a kitchen
    (tmp_path / "speech").mkdir()
    (tmp_path / "noise").mkdir()
    for n, text in enumerate(sounds.SENTENCES[:2]):
        soundfile.write(tmp_path / "speech" / f"{n}.wav", sounds.spoken(text), SAMPLE_RATE_HZ)
    lines = [f"{n}.wav\t{text}\n" for n, text in enumerate(sounds.SENTENCES[:2])]
    (tmp_path / "speech" / "transcripts.tsv").write_text("".join(lines))
    soundfile.write(tmp_path / "noise" / "kitchen.flac", sounds.brown_noise(3), SAMPLE_RATE_HZ)
    # When the benchmark measures it
    rows = list(voices.measure(tmp_path, MODELS_DIR, ["speech"]))
    # Expect a row for each noise, on all the words, and a line of the table for each row
    assert [row["noise_db"] for row in rows] == [None, 10, 5]
    assert {row["size"] for row in rows} == {len(" ".join(sounds.SENTENCES[:2]).split())}
    assert all(0 <= row["error_rate"] <= 100 and row["cpu_s"] > 0 for row in rows)
    assert voices_block({"rows": rows}).count("\n| speech (tiny.en)") == 3


def test_noise_is_as_loud_as_asked() -> None:
    speech, noise = sounds.spoken(sounds.SENTENCES[0]), sounds.brown_noise(2)
    mixed = voices.in_noise(speech, noise, 10, 3)
    ratio_db = 20 * np.log10(sounds.rms(speech) / sounds.rms(mixed - speech))
    assert ratio_db == pytest.approx(10, abs=0.1)
