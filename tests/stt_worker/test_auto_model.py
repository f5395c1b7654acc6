"""`WHISPER_MODEL=auto` takes the largest model that is fast enough, fits, and can be had; it measures once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stt_worker.models import from_openai
from stt_worker.models.checkpoints import ModelFile
from stt_worker.models.choice import auto, speeds
from stt_worker.models.choice.sizes import SIZES
from stt_worker.models.choice.trial import Trial, sentence
from stt_worker.settings import SttSettings
from tests.support.processes import ROOT
from wta.errors import ModelError

GB = 1_000_000_000
ENGLISH = {"LANG": "en_GB.UTF-8"}
KOREAN = {"LANG": "ko_KR.UTF-8"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SttSettings:
    """A machine of 32 GB whose models may be here without lying here, and where nothing can be fetched."""
    monkeypatch.setattr(auto, "memory_bytes", lambda: 32 * GB)
    monkeypatch.setattr(auto, "free_memory_bytes", lambda: 30 * GB)
    monkeypatch.setattr(auto, "is_limited", lambda: False)
    monkeypatch.setattr(from_openai, "answers", lambda _timeout_s: False)
    return SttSettings(models_dir=tmp_path, threads=1)


Measured = Callable[..., list[str]]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Call it with the seconds of each size; it returns the list of sizes that get measured."""
    real = speeds.measure

    def make(**seconds: float) -> list[str]:
        asked: list[str] = []

        def trial(size: str, _threads: int) -> float:
            asked.append(size)
            return seconds.get(size.replace("-", "_"), 99.0)

        monkeypatch.setattr(speeds, "measure", lambda *given: real(*given, trial))
        return asked

    return make


def has(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these models, and no others, be on this machine."""
    file = ModelFile("", Path(), "test")
    monkeypatch.setattr(auto.checkpoints, "find_cached", lambda name, _folder: file if name in names else None)


ALL = [name for size in SIZES for name in (size.name, size.english) if name]


@pytest.mark.parametrize(
    ("seconds", "environment", "task", "expected"),
    [
        ({"tiny": 0.2, "base": 0.4, "small": 1.4}, ENGLISH, "transcribe", "base.en"),
        ({"tiny": 0.2, "base": 0.4, "small": 0.9}, KOREAN, "transcribe", "small"),
        ({"tiny": 0.2, "base": 0.4, "small": 0.9}, ENGLISH, "translate", "small"),
        ({"tiny": 2.0, "base": 4.0}, ENGLISH, "transcribe", "tiny.en"),
        ({"tiny": 2.0}, KOREAN, "transcribe", "tiny"),
        ({"tiny": 0, "base": 0, "small": 0, "medium": 0.8, "turbo": 0.6, "large_v3": 1.2}, {}, "transcribe", "turbo"),
        ({"tiny": 0, "base": 0, "small": 0, "medium": 0.8, "turbo": 0.6, "large_v3": 1.2}, {}, "translate", "medium"),
    ],
)
def test_the_largest_that_answers_within_a_second_is_taken(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch,
    seconds: dict[str, float], environment: dict[str, str], task: str, expected: str,
) -> None:  # fmt: skip
    measured(**seconds)
    has(monkeypatch, *ALL)
    assert auto.choose(here, task=task, environment=environment).model == expected


@pytest.mark.parametrize(
    ("language", "environment", "english"),
    [
        ("en", KOREAN, True), ("ko", ENGLISH, False), (None, ENGLISH, True), (None, KOREAN, False), (None, {}, True),
        (None, {"LANG": "C.UTF-8"}, True), (None, {"LC_ALL": "de_DE", "LANG": "en_US"}, False),
    ],
)  # fmt: skip
def test_the_setting_then_the_locale_says_whether_all_speech_is_english(
    language: str | None, environment: dict[str, str], english: bool
) -> None:
    assert auto.speaks_english(language, environment) is english


def test_the_best_that_can_be_had_is_taken_and_the_reason_says_what_cannot(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(tiny=0.1, base=0.2, small=0.5)
    has(monkeypatch, "tiny.en", "base")
    chosen = auto.choose(here, environment=ENGLISH)
    assert chosen.model == "base"
    assert "not to be had: small.en, small, base.en" in chosen.reason
    has(monkeypatch)
    with pytest.raises(ModelError, match="Connect once"):
        auto.choose(here, environment=ENGLISH, fetch=False)


@pytest.mark.parametrize(
    ("there_gb", "free_gb", "limited", "expected"),
    [(32, 30, False, "large-v3"), (32, 1.4, False, "small"), (2.5, 2, False, "base"), (2.1, 2.05, True, "medium")],
)
def test_no_model_is_larger_than_memory(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch,
    there_gb: float, free_gb: float, limited: bool, expected: str,
) -> None:  # fmt: skip
    # Given a machine, or a container, on which every size is fast
    measured(tiny=0, base=0, small=0, medium=0, turbo=0, large_v3=0)
    has(monkeypatch, *ALL)
    monkeypatch.setattr(auto, "int8_is_possible", lambda: True)
    # When it has so much memory, of which so much is free
    monkeypatch.setattr(auto, "memory_bytes", lambda: int(there_gb * GB))
    monkeypatch.setattr(auto, "free_memory_bytes", lambda: int(free_gb * GB))
    monkeypatch.setattr(auto, "is_limited", lambda: limited)
    # Expect the largest that leaves the other services theirs, where they share the memory
    assert auto.choose(here, environment=KOREAN).model == expected


def test_a_machine_is_measured_once_whoever_asks(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given three workers that start at the same time
    asked = measured(tiny=0.1, base=0.4, small=1.5)
    has(monkeypatch, *ALL)
    chosen: list[str] = []
    workers = [threading.Thread(target=lambda: chosen.append(auto.choose(here).model)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # Expect one measurement for all, and none at the next start
    assert len(set(chosen)) == 1 and len(chosen) == 3
    auto.choose(here)
    assert asked == ["tiny", "base", "small", "medium"]
    # When the machine is another one, expect it to be measured again
    file = here.models_dir / speeds.FILE_NAME
    kept = json.loads(file.read_text())
    kept["conditions"]["cores"] += 1
    file.write_text(json.dumps(kept))
    auto.choose(here)
    assert asked == ["tiny", "base", "small", "medium"] * 2


@pytest.mark.parametrize("spoilt", ["", "[]", '{"conditions": 1, "seconds": {}}', '{"seconds": {"tiny": "fast"}}'])
def test_a_spoilt_file_of_speeds_is_measured_anew(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    asked = measured(tiny=9.0)
    has(monkeypatch, *ALL)
    (here.models_dir / speeds.FILE_NAME).write_text(spoilt)
    assert auto.choose(here).model == "tiny.en"
    assert asked == ["tiny"]


def test_nothing_is_measured_while_people_speak(
    here: SttSettings, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = measured(tiny=0.1, base=0.1, small=0.1)
    has(monkeypatch, *ALL)
    chosen = auto.choose(here, speech_is_on=lambda: True, environment=ENGLISH)
    assert chosen.model == "tiny.en" and "people are speaking" in chosen.reason
    assert asked == []
    assert not (here.models_dir / speeds.FILE_NAME).exists()


def test_other_engines_are_not_measured(here: SttSettings, measured: Measured) -> None:
    asked = measured()
    assert auto.choose(here.model_copy(update={"engine": "whisper-full"}), environment=ENGLISH).model == "tiny.en"
    assert asked == []


def test_a_trial_costs_what_the_model_costs() -> None:
    """A size is timed without its weights: a larger one must take longer, and the file must hold the sentence."""
    audio = sentence()
    assert 8 < len(audio) / 16_000 < 8.5 and abs(audio).max() > 0.1
    settings = SttSettings(threads=1)
    tiny, base = (Trial(size.dims, settings).seconds(audio) for size in SIZES[:2])
    assert 0 < tiny < base


def test_the_doctors_question_measures_nothing(tmp_path: Path) -> None:
    # Given a folder of models in which nothing was measured
    command = [sys.executable, "-m", "stt_worker.models", "verify", "auto", f"--models-dir={tmp_path}"]
    # When it is asked what auto stands for
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # Expect it to say that it does not know yet, and to leave the folder alone
    assert "not measured yet" in answer.stdout
    assert list(tmp_path.iterdir()) == []
