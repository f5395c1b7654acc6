"""Counts the sentences that are torn in the middle, and how soon after its end each sentence's text is there.

The real segmenter and the real engine work in simulated time: nobody waits, and a decode takes ANSWER_S. Every rule
hears the same audio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import onnxruntime

from benchmarks.speech.recordings import SOUNDS, Audio, Recording, read_16k, transcripts
from benchmarks.speech.statistics import plain
from benchmarks.speech.systems import MODEL
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import SegmentEvent, SpeechPaused, UtteranceCut
from fastapi_service.audio.vad import load_network
from fastapi_service.audio.verdict import Verdict
from stt_worker.engine import Transcript
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16, pcm16_to_float
from wta.settings import Settings

ANSWER_S = 0.15
"""From a pause to its early text. docs/performance.md has what it takes: 0.12 s, and seldom more than 0.17 s."""
RULES = ("silence", "words")
_FRAME_S = 0.096
_AFTER_S = 1.5
"""Silence after a recording."""
_BETWEEN_S = 0.6
"""Silence put between two sentences of the joined recordings, which come without any."""
_NEAR_S = 0.35
"""A cut this near to the end of a sentence is at that end."""

Transcribe = Callable[[bytes], Transcript]
"""Text of PCM16, 16 kHz mono."""


@dataclass(slots=True)
class Cut:
    """One utterance of a simulated session."""

    speech_end_s: float
    text_s: float
    """When its text is there."""
    text: str


@dataclass(slots=True)
class Listener:
    """Listens to one stream of audio as the web service and a speech worker do together."""

    settings: Settings
    network: onnxruntime.InferenceSession
    transcribe: Transcribe
    cuts: list[Cut] = field(default_factory=list)
    _early: tuple[float, Transcript] | None = None
    """When the newest early text is there, and the text."""

    def hear(self, audio: Audio) -> list[Cut]:
        """Cut the audio, float32 [n_samples] at 16 kHz, into utterances."""
        pipeline, pcm16 = SpeechPipeline(self.settings, self.network, SAMPLE_RATE_HZ), float_to_pcm16(audio)
        size = round(_FRAME_S * SAMPLE_RATE_HZ) * 2
        for first in range(0, len(pcm16), size):
            frame = pcm16[first : first + size]
            now = (first + len(frame)) / 2 / SAMPLE_RATE_HZ
            if pipeline.segmenter.is_awaiting and self._early and self._early[0] <= now:
                self._take(pipeline, pipeline.segmenter.judge(_verdict(self._early[1])), self._early[0])
            self._take(pipeline, pipeline.push(frame), now)
        self._take(pipeline, pipeline.finish(), len(pcm16) / 2 / SAMPLE_RATE_HZ)
        return self.cuts

    def _take(self, pipeline: SpeechPipeline, events: Iterator[SegmentEvent] | list[SegmentEvent], now: float) -> None:
        for event in events:
            match event:
                case SpeechPaused():
                    self._early = now + ANSWER_S, self.transcribe(event.pcm16)
                    if self.settings.endpoint_by == "words":
                        pipeline.segmenter.await_verdict()
                case UtteranceCut():
                    self.cuts.append(self._cut(event, now))

    def _cut(self, cut: UtteranceCut, now: float) -> Cut:
        if cut.paused_samples and self._early and self._early[1].text:
            at, heard = max(now, self._early[0]), self._early[1]
        else:
            at, heard = now + ANSWER_S, self.transcribe(cut.pcm16)
        return Cut(cut.speech_end_sample / SAMPLE_RATE_HZ, at, heard.text)


def _verdict(heard: Transcript) -> Verdict:
    if not heard.text:
        return Verdict.AWAITED
    return {None: Verdict.UNASKED, True: Verdict.FINISHED, False: Verdict.UNFINISHED}[heard.finished]


def read(folder: Path) -> list[Recording]:
    """The recordings of a folder whose texts are known."""
    texts = transcripts(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS and path.name in texts)
    return [Recording(path.name, read_16k(path), texts[path.name]) for path in paths]


def joined(recordings: Sequence[Recording], transcribe: Transcribe) -> dict[str, Any]:
    """Measure consecutive recordings of one text, of which each sentence ends with a recording, as one talk."""
    pieces, ends, length = [], [], 0
    for recording in recordings:
        pieces.append(recording.audio)
        length += len(recording.audio)
        if (recording.text or "").rstrip('"').endswith((".", "?", "!")):
            ends.append(length / SAMPLE_RATE_HZ)
            pieces.append(_silence(_BETWEEN_S))
            length += len(pieces[-1])
    talk = np.concatenate([*pieces, _silence(_AFTER_S)])
    found: dict[str, Any] = {}
    for rule, cuts in _by_rule(talk, transcribe):
        at = [any(-_NEAR_S <= cut.speech_end_s - end <= _NEAR_S for end in ends) for cut in cuts]
        whole = [cut for cut, is_end in zip(cuts, at, strict=True) if is_end]
        found[rule] = _row(len(ends), at.count(False), len(ends) - len(whole), whole)
    return found


def alone(recordings: Sequence[Recording], transcribe: Transcribe) -> dict[str, Any]:
    """Measure recordings of one sentence each: every cut but the last is inside it. With word error rates."""
    found: dict[str, Any] = {}
    for rule in RULES:
        heard = [_hear(np.concatenate([r.audio, _silence(_AFTER_S)]), rule, transcribe) for r in recordings]
        texts = [" ".join(cut.text for cut in cuts) for cuts in heard]
        inside = sum(max(0, len(cuts) - 1) for cuts in heard)
        last = [cuts[-1] for cuts in heard if cuts]
        found[rule] = _row(len(recordings), inside, 0, last) | {"wer": wer(recordings, texts)}
    return found


def meetings(folder: Path, transcribe: Transcribe) -> dict[str, Any]:
    """Measure meetings, where no words are known: a cut is inside where its speaker speaks before and after it."""
    spoken: dict[str, list[tuple[float, float]]] = {}
    for line in (folder / "reference.rttm").read_text(encoding="utf-8").splitlines():
        _, name, _, start, seconds, *_ = line.split()
        spoken.setdefault(name, []).append((float(start), float(start) + float(seconds)))
    found: dict[str, Any] = {}
    for rule in RULES:
        cuts = [(n, cut) for n in sorted(spoken) for cut in _hear(read_16k(folder / f"{n}.flac"), rule, transcribe)]
        inside = [any(a + _NEAR_S < cut.speech_end_s < b - _NEAR_S for a, b in spoken[n]) for n, cut in cuts]
        found[rule] = {"utterances": len(cuts), "cuts_inside": sum(inside)}
    return found


PARTS = ("speech", "meeting", "accent", "other")


def measure(part: str, data: Path, models_dir: Path) -> dict[str, Any]:
    """The figures of one of PARTS, the folders of `data`."""
    ours = create_engine(SttSettings(model=MODEL, models_dir=models_dir))
    transcribe = text_of(ours.transcribe)
    if part == "meeting":
        return meetings(data / part, transcribe)
    recordings = read(data / part)
    if part == "speech":
        return joined([r for r in recordings if r.name.startswith("LJ")], transcribe)
    return alone(recordings, transcribe) | {
        "whole_wer": wer(recordings, [ours.transcribe(r.audio).text for r in recordings])
    }


def wer(recordings: Sequence[Recording], texts: Sequence[str]) -> float:
    """The word error rate in percent, after openai-whisper's English normalisation."""
    pairs = zip(recordings, texts, strict=True)
    references, heard = zip(*((plain(r.text or ""), plain(text)) for r, text in pairs), strict=True)
    return round(100 * float(jiwer.wer(list(references), list(heard))), 2)


def _by_rule(talk: Audio, transcribe: Transcribe) -> Iterator[tuple[str, list[Cut]]]:
    for rule in RULES:
        yield rule, _hear(talk, rule, transcribe)


def _hear(audio: Audio, rule: str, transcribe: Transcribe) -> list[Cut]:
    settings = Settings().model_copy(update={"endpoint_by": rule})
    return Listener(settings, load_network(), transcribe).hear(audio)


def _silence(seconds: float) -> Audio:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def _row(sentences: int, inside: int, missed: int, ended: Sequence[Cut]) -> dict[str, Any]:
    waits = [1000 * (cut.text_s - cut.speech_end_s) for cut in ended]
    p50, p95 = np.percentile(waits, [50, 95])
    text_ms = {"p50": round(p50), "p95": round(p95)}
    return {"sentences": sentences, "cuts_inside": inside, "ends_missed": missed, "text_ms": text_ms}


def text_of(transcribe: Callable[[Audio], Transcript]) -> Transcribe:
    """An engine's `transcribe` for PCM16 that does nothing twice: the rules ask for the same pauses."""
    known: dict[bytes, Transcript] = {}

    def heard(pcm16: bytes) -> Transcript:
        if pcm16 not in known:
            known[pcm16] = transcribe(pcm16_to_float(pcm16))
        return known[pcm16]

    return heard
