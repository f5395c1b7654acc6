"""Whether a text is in the language on which the sentiment model was trained."""

from __future__ import annotations

import unicodedata

ENGLISH = "en"
NOT_UNDERSTOOD = "The speech model knows English only, and this was probably another language."
_MIN_LATIN_SHARE = 0.6
"""Share of Latin letters below which a text is not taken for English."""


def abstain_reason(text: str, language: str | None) -> str | None:
    """Why the text must get no sentiment, in a sentence for people; None where it may get one.

    The letters count as well as the code: a wrong or missing code must not let an English model judge Korean text.

    Args:
        language: ISO 639-1 code that the recogniser gave; None where it is unknown.
    """
    if language not in (None, "", ENGLISH):
        return f"The sentiment model knows English only, and this is {language}."
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if letters and latin / len(letters) < _MIN_LATIN_SHARE:
        return "The sentiment model knows English only, and this is written in another script."
    return None
