"""Formats a transcript as OpenAI's endpoint does: plain text, SubRip, WebVTT and `verbose_json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wta.messages import Final, Sentiment


def plain(finals: Sequence[Final]) -> str:
    """Return the sentences as one line of text."""
    return " ".join(final.text for final in finals)


def srt(finals: Sequence[Final]) -> str:
    """Return the sentences as subtitles in the format SubRip (.srt)."""
    cues = (
        f"{number}\n{_clock(final.start, ',')} --> {_clock(final.end, ',')}\n{final.text}\n"
        for number, final in enumerate(finals, start=1)
    )
    return "\n".join(cues)


def vtt(finals: Sequence[Final]) -> str:
    """Return the sentences as subtitles in the format WebVTT (.vtt)."""
    cues = (f"{_clock(final.start, '.')} --> {_clock(final.end, '.')}\n{_escaped(final.text)}\n" for final in finals)
    return "WEBVTT\n\n" + "\n".join(cues)


def verbose(
    finals: Sequence[Final], sentiments: Mapping[int, Sentiment], duration_s: float, language: str | None, words: bool
) -> dict[str, Any]:
    """Return the body of a `verbose_json` response: the text, its segments and, on request, its words.

    Figures of OpenAI's decoder that this server does not have are left out. The sentiment of each segment is added.

    Args:
        sentiments: the sentiments of the sentences, by `seq`.
        duration_s: length of the audio.
        language: the language that the client has stated; None takes the one that was recognized.
        words: whether to include the time of each word.
    """
    answer = {
        "task": "transcribe",
        "language": language or next((final.language for final in finals if final.language), "") or "",
        "duration": round(duration_s, 3),
        "text": plain(finals),
        "segments": [_segment(number, final, sentiments.get(final.seq)) for number, final in enumerate(finals)],
    }
    if words:
        answer["words"] = [word.model_dump() for final in finals for word in final.words or ()]
    return answer


def _segment(number: int, final: Final, sentiment: Sentiment | None) -> dict[str, Any]:
    feeling = None if sentiment is None else {"label": sentiment.label, "score": sentiment.score}
    return {"id": number, "start": final.start, "end": final.end, "text": final.text, "sentiment": feeling}


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
