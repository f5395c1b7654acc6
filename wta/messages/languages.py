"""Languages as people write them: en-US, EN, English, auto."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

_CODES = {
    "english": "en", "chinese": "zh", "german": "de", "spanish": "es", "russian": "ru", "korean": "ko", "french": "fr",
    "japanese": "ja", "portuguese": "pt", "turkish": "tr", "polish": "pl", "catalan": "ca", "dutch": "nl",
    "arabic": "ar", "swedish": "sv", "italian": "it", "indonesian": "id", "hindi": "hi", "finnish": "fi",
    "vietnamese": "vi", "hebrew": "he", "ukrainian": "uk", "greek": "el", "malay": "ms", "czech": "cs",
    "romanian": "ro", "danish": "da", "hungarian": "hu", "tamil": "ta", "norwegian": "no", "thai": "th", "urdu": "ur",
    "croatian": "hr", "bulgarian": "bg", "lithuanian": "lt", "latin": "la", "maori": "mi", "malayalam": "ml",
    "welsh": "cy", "slovak": "sk", "telugu": "te", "persian": "fa", "latvian": "lv", "bengali": "bn", "serbian": "sr",
    "azerbaijani": "az", "slovenian": "sl", "kannada": "kn", "estonian": "et", "macedonian": "mk", "breton": "br",
    "basque": "eu", "icelandic": "is", "armenian": "hy", "nepali": "ne", "mongolian": "mn", "bosnian": "bs",
    "kazakh": "kk", "albanian": "sq", "swahili": "sw", "galician": "gl", "marathi": "mr", "punjabi": "pa",
    "sinhala": "si", "khmer": "km", "shona": "sn", "yoruba": "yo", "somali": "so", "afrikaans": "af", "occitan": "oc",
    "georgian": "ka", "belarusian": "be", "tajik": "tg", "sindhi": "sd", "gujarati": "gu", "amharic": "am",
    "yiddish": "yi", "lao": "lo", "uzbek": "uz", "faroese": "fo", "haitian creole": "ht", "pashto": "ps",
    "turkmen": "tk", "nynorsk": "nn", "maltese": "mt", "sanskrit": "sa", "luxembourgish": "lb", "myanmar": "my",
    "tibetan": "bo", "tagalog": "tl", "malagasy": "mg", "assamese": "as", "tatar": "tt", "hawaiian": "haw",
    "lingala": "ln", "hausa": "ha", "bashkir": "ba", "javanese": "jw", "sundanese": "su", "cantonese": "yue",
    "burmese": "my", "valencian": "ca", "flemish": "nl", "haitian": "ht", "letzeburgesch": "lb", "pushto": "ps",
    "panjabi": "pa", "moldavian": "ro", "moldovan": "ro", "sinhalese": "si", "castilian": "es", "mandarin": "zh",
    "cmn": "zh", "fil": "tl", "jv": "jw", "nb": "no",
}  # fmt: skip
"""The names of openai-whisper (whisper/tokenizer.py) and codes of others, with the codes that it means."""
_LONGEST = 40
_MOST = 100
_UNKNOWN = {"", "auto", "multi"}
"""What clients write where the model is to decide."""


def language_code(written: object) -> object:
    """Return the ISO 639 code of a language; None where the model is to decide.

    Regions and scripts are left out. What is no language stays as it is, so that whoever validates it can refuse it.
    """
    if not isinstance(written, str) or len(written) > _LONGEST:
        return written
    tag = written.strip().lower().replace("_", "-")
    if tag in _UNKNOWN:
        return None
    first = tag.partition("-")[0]
    return _CODES.get(tag) or _CODES.get(first) or first


_Code = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
_Written = Annotated[str, Field(max_length=_LONGEST)]
Language = Annotated[_Code | None, BeforeValidator(language_code, json_schema_input_type=_Written | None)]
"""The ISO 639 code of a language, written in any usual way."""


def language_codes(written: object) -> object:
    """Return the codes of several languages, given as a list or with commas between; None where there are none.

    What is no language stays as it is, so that whoever validates it can refuse it.
    """
    if isinstance(written, str):
        written = written.split(",", _MOST)
    if not isinstance(written, list | tuple):
        return written
    codes = tuple(code for each in written if (code := language_code(each)) is not None or each is None)
    return tuple(dict.fromkeys(codes)) or None if all(isinstance(code, str) for code in codes) else codes


_Codes = Annotated[tuple[_Code, ...], Field(max_length=_MOST)]
_Several = Annotated[list[_Written], Field(max_length=_MOST)]
Languages = Annotated[_Codes | None, BeforeValidator(language_codes, json_schema_input_type=_Several | str | None)]
"""The ISO 639 codes of several languages, each written in any usual way, as a list or with commas; None: any."""
