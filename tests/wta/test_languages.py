"""Languages as people and clients write them mean the codes that Whisper knows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from whisper.tokenizer import TO_LANGUAGE_CODE

from wta.messages import Options
from wta.messages.languages import language_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"), ("EN", "en"), ("en-US", "en"), ("en_GB", "en"), ("English", "en"), (" korean ", "ko"),
        ("zh-Hans-CN", "zh"), ("Haitian Creole", "ht"), ("yue", "yue"), ("nb-NO", "no"),
        ("auto", None), ("multi", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_language_is_understood_however_it_is_written(written: str | None, code: str | None) -> None:
    assert Options(language=written).language == code


def test_every_name_that_whisper_knows_means_its_code() -> None:
    assert {name: language_code(name) for name in TO_LANGUAGE_CODE} == TO_LANGUAGE_CODE


@pytest.mark.parametrize("written", ["klingonese", "e", "12", "en us", "영어"])
def test_what_is_no_language_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Options(language=written)


def test_a_language_is_a_text() -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"language": 7})
