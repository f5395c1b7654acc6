"""Lets the product's parts say who speaks when: its segmenter, its speaker network, its clustering."""

from __future__ import annotations

from dataclasses import dataclass

import onnxruntime

from benchmarks.speakers.recordings import Conversation, Turn
from benchmarks.speech.recordings import Audio
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import UtteranceCut
from stt_worker.speakers.clustering import SpeakerClustering
from stt_worker.speakers.embedder import SpeakerEmbedder
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16, pcm16_to_float
from wta.settings import Settings

_GAP = bytes(2 * SAMPLE_RATE_HZ)
"""A second of silence after a recording, so that its last utterance ends by its endpoint."""


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who was said to speak when: one turn for each utterance."""

    online: list[Turn]
    """As it was said when the utterance was over."""
    at_end: list[Turn]
    """With all corrections that came later."""


def diarize(
    conversation: Conversation, settings: Settings, vad: onnxruntime.InferenceSession, embedder: SpeakerEmbedder
) -> Diarization:
    """Hear a conversation as the service would, utterance by utterance."""
    clustering = SpeakerClustering()
    online, last = [], {}
    cuts = utterances(conversation.audio, settings, vad)
    for seq, cut in enumerate(cuts, start=1):
        changed = clustering.hear(embedder.voice(seq, pcm16_to_float(cut.pcm16)))
        last |= {number: found.speaker for number, found in changed.items()}
        online.append(_turn(cut, last[seq]))
    return Diarization(online, [_turn(cut, last[seq]) for seq, cut in enumerate(cuts, start=1)])


def utterances(audio: Audio, settings: Settings, vad: onnxruntime.InferenceSession) -> list[UtteranceCut]:
    """Cut a recording into utterances by the service's own voice detection."""
    pipeline = SpeechPipeline(settings, vad, SAMPLE_RATE_HZ)
    events = [*pipeline.push(float_to_pcm16(audio) + _GAP), *pipeline.finish()]
    return [event for event in events if isinstance(event, UtteranceCut)]


def _turn(cut: UtteranceCut, speaker: int) -> Turn:
    return Turn(str(speaker), cut.start_sample / SAMPLE_RATE_HZ, cut.end_sample / SAMPLE_RATE_HZ)
