"""Whether a text is in the language the sentiment model was trained on."""

from __future__ import annotations

import unicodedata

ENGLISH = "en"
_MIN_LATIN_SHARE = 0.6


def abstain_reason(text: str, language: str | None) -> str | None:
    """Why no sentiment may be given to `text`, or None where it may.

    `language` is the recogniser's ISO 639-1 code, None where unknown. The letters are looked at as well: a wrong or
    missing code must not let an English model judge, say, Korean text.
    """
    if language not in (None, "", ENGLISH):
        return f"The sentiment model knows English only, and this is {language}."
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if letters and latin / len(letters) < _MIN_LATIN_SHARE:
        return "The sentiment model knows English only, and this is written in another script."
    return None
