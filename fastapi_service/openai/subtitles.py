"""Formats a transcript as OpenAI's endpoint does: plain text, SubRip, WebVTT and `verbose_json`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from fastapi_service.openai.schemas import TranscriptionForm
from fastapi_service.openai.transcript import Segment


def plain(segments: Sequence[Segment]) -> str:
    """Return the sentences as one line of text."""
    return " ".join(segment.text for segment in segments if segment.text)


def srt(segments: Sequence[Segment]) -> str:
    """Return the sentences as subtitles in the format SubRip (.srt)."""
    cues = (
        f"{number}\n{_clock(segment.start_s, ',')} --> {_clock(segment.end_s, ',')}\n{segment.text}\n"
        for number, segment in enumerate((s for s in segments if s.text), start=1)
    )
    return "\n".join(cues)


def vtt(segments: Sequence[Segment]) -> str:
    """Return the sentences as subtitles in the format WebVTT (.vtt)."""
    cues = (
        f"{_clock(segment.start_s, '.')} --> {_clock(segment.end_s, '.')}\n{_escaped(segment.text)}\n"
        for segment in segments
        if segment.text
    )
    return "WEBVTT\n\n" + "\n".join(cues)


def verbose(segments: Sequence[Segment], form: TranscriptionForm, duration_s: float, unread_s: float) -> dict[str, Any]:
    """Return the body of a `verbose_json` response: the text, its segments and, on request, its words.

    Every field that OpenAI's has is there, because strict clients need them. Added are the sentiment of each segment,
    the reason where one has no text, and how many seconds of the file could not be read.
    """
    finals = [segment.final for segment in segments if segment.final]
    heard = next((final.language for final in finals if final.language), "") or ""
    answer = {
        "task": form.task,
        "language": "en" if form.task == "translate" else form.language or heard,
        "duration": round(duration_s, 3),
        "text": plain(segments),
        "segments": [_segment(number, segment) for number, segment in enumerate(segments)],
        "unread_seconds": unread_s,
    }
    if form.words:
        answer["words"] = [word.model_dump(exclude={"probability"}) for final in finals for word in final.words or ()]
    return answer


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    feeling, text = segment.sentiment, segment.text
    fields: dict[str, Any] = {
        "id": number,
        "seek": round(segment.start_s * 100),
        "start": segment.start_s,
        "end": segment.end_s,
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": (segment.final.avg_logprob if segment.final else None) or 0.0,
        "compression_ratio": _compression_ratio(text),
        "no_speech_prob": 0.0,
        "sentiment": None if feeling is None else {"label": feeling.label, "score": feeling.score},
    }
    return fields if segment.error is None else fields | {"error": segment.error}


def _compression_ratio(text: str) -> float:
    """Return what Whisper calls by this name: a text that repeats itself has a high one."""
    data = text.encode()
    return round(len(data) / len(zlib.compress(data)), 4)


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
