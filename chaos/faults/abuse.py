"""Abusive clients beside somebody who speaks: whose words must come about as soon as without them."""

from __future__ import annotations

import io
import wave

from chaos.abusers import Abuser, abusing
from chaos.lab import Lab
from chaos.registry import Fault, fault
from chaos.speaker import Speaker
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.client import Pace

_SENTENCES = 4
_WORSE = 1.5
_NOISE_S = 0.3
"""What two equal runs differ by on a machine with two busy cores."""


def _abuse(number: int, title: str, *ways: str) -> Fault:
    return fault(number, title, limit_s=240)(lambda lab: _beside(lab, *ways))


def _beside(lab: Lab, *ways: str) -> str:
    alone_s = _latest_s(lab, _speaker(lab))
    talk = lab.voice.speech(8, lab.random)
    abuser = Abuser(lab.stack, talk.pcm16, _wav(talk.pcm16))
    with abusing(abuser, *ways):
        speaker = _speaker(lab)
        beside_s = _latest_s(lab, speaker)
    assert speaker.connections == 1, "who spoke was thrown out"
    assert beside_s <= _WORSE * alone_s + _NOISE_S, f"{beside_s:.2f} s beside it, {alone_s:.2f} s alone"
    return f"the latest of {_SENTENCES} texts came {beside_s:.2f} s after its speech, {alone_s:.2f} s alone"


def _speaker(lab: Lab) -> Speaker:
    return lab.speak(_SENTENCES, pace=Pace.REALTIME)


def _latest_s(lab: Lab, speaker: Speaker) -> float:
    """The longest time from the end of a sentence to its text, which of so few is the 95th percentile."""
    lab.check([speaker])
    return max(speaker.latency_s)


def _wav(pcm16: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(BYTES_PER_SAMPLE)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes(pcm16)
    return file.getvalue()


fast_sender = _abuse(37, "a client sends faster than anybody speaks", "fast_sender")
tiny_frames = _abuse(38, "frames of one sample", "tiny_frames")
finalize_flood = _abuse(39, "a flood of orders", "finalize_flood")
endless_body = _abuse(40, "bodies without end", "endless_body")
slow_body = _abuse(41, "bodies that never come", "slow_body")
many_connects = _abuse(42, "sessions that are left at once", "many_connects")
huge_json = _abuse(43, "huge JSON", "huge_json")
wrong_keys = _abuse(44, "wrong keys, one after the other", "wrong_keys")
deepgram_file = _abuse(45, "a file at full speed to Deepgram's interface", "deepgram_file")
openai_uploads = _abuse(46, "one upload after the other to OpenAI's interface", "openai_uploads")
all_at_once = _abuse(
    47, "all of these at once", "fast_sender", "tiny_frames", "finalize_flood", "endless_body", "slow_body",
    "many_connects", "huge_json", "wrong_keys", "deepgram_file", "openai_uploads",
)  # fmt: skip
