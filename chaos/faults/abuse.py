"""Abusive clients beside somebody who speaks: whose words must come about as soon as without them."""

from __future__ import annotations

import io
import wave

from chaos.abusers import Abuser, abusing
from chaos.lab import Lab
from chaos.registry import fault
from chaos.speaker import Speaker
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.client import Pace

_SENTENCES = 4
_WORSE = 1.5
_NOISE_S = 0.3
"""What two equal runs differ by on a machine with two busy cores."""


@fault(37, "a client sends faster than anybody speaks", limit_s=240)
def fast_sender(lab: Lab) -> str:
    return _beside(lab, "fast_sender")


@fault(38, "frames of one sample", limit_s=240)
def tiny_frames(lab: Lab) -> str:
    return _beside(lab, "tiny_frames")


@fault(39, "a flood of orders", limit_s=240)
def finalize_flood(lab: Lab) -> str:
    return _beside(lab, "finalize_flood")


@fault(40, "bodies without end", limit_s=240)
def endless_body(lab: Lab) -> str:
    return _beside(lab, "endless_body")


@fault(41, "bodies that never come", limit_s=240)
def slow_body(lab: Lab) -> str:
    return _beside(lab, "slow_body")


@fault(42, "sessions that are left at once", limit_s=240)
def many_connects(lab: Lab) -> str:
    return _beside(lab, "many_connects")


@fault(43, "huge JSON", limit_s=240)
def huge_json(lab: Lab) -> str:
    return _beside(lab, "huge_json")


@fault(44, "wrong keys, one after the other", limit_s=240)
def wrong_keys(lab: Lab) -> str:
    return _beside(lab, "wrong_keys")


@fault(45, "a file at full speed to Deepgram's interface", limit_s=240)
def deepgram_file(lab: Lab) -> str:
    return _beside(lab, "deepgram_file")


@fault(46, "one upload after the other to OpenAI's interface", limit_s=240)
def openai_uploads(lab: Lab) -> str:
    return _beside(lab, "openai_uploads")


def _beside(lab: Lab, way: str) -> str:
    alone_s = _latest_s(lab, _speaker(lab))
    talk = lab.voice.speech(8, lab.random)
    abuser = Abuser(lab.stack, talk.pcm16, _wav(talk.pcm16))
    with abusing(abuser, way):
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
