"""No English score on what is not English."""

from __future__ import annotations

import pytest

from analyzer_worker.language import abstain_reason


@pytest.mark.parametrize(
    ("text", "language"), [("I love it.", "en"), ("I love it.", None), ("naïve café", ""), ("42", None)]
)
def test_english_is_judged(text: str, language: str | None) -> None:
    assert abstain_reason(text, language) is None


@pytest.mark.parametrize("language", ["ko", "de", "es"])
def test_another_language_is_not_judged_and_named(language: str) -> None:
    assert language in (abstain_reason("Das ist schön.", language) or "")


@pytest.mark.parametrize("text", ["정말 좋아요", "это ужасно", "とても良い", "أحب هذا", "OK 정말 좋아요 감사합니다"])
@pytest.mark.parametrize("language", [None, "en"])
def test_another_script_is_not_judged_whatever_the_code_says(text: str, language: str | None) -> None:
    assert "script" in (abstain_reason(text, language) or "")
