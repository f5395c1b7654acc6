"""Lets speakers talk to the whole system in real time, and measures how long text and sentiment take to reach them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech.recordings import Recording
from benchmarks.speech.statistics import percentiles_ms
from tests.support.stack import Stack
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16
from wta.client import SpeechSession, converse
from wta.messages import Final, NoSpeech, Partial, Sentiment, ServerMessage, SpeechEnded, SpeechStarted

_FRAME_SAMPLES = SAMPLE_RATE_HZ // 10
_PAUSE_S = (0.8, 2.5)
"""Shortest and longest pause between two recordings, as between two sentences."""
_MOST = 1.4
"""A talk lasts at most so many times the seconds asked for: then a recording is not said to its end."""


@dataclass
class Heard:
    """What one speaker saw of one utterance. Times are seconds of the speaker's monotonic clock."""

    began: float
    ended: float | None = None
    first_word: float | None = None
    text: float | None = None
    sentiment: float | None = None
    empty: bool = False
    views: list[Partial] = field(default_factory=list)

    @property
    def dropped(self) -> bool:
        """Whether text or sentiment never came, although the server did not say that there were no words."""
        return not self.empty and (self.text is None or self.sentiment is None)


class Speaker:
    """Says recordings with pauses between them for some seconds, as a microphone would send them."""

    def __init__(self, url: str, recordings: list[Recording], seconds: float, seed: int) -> None:
        self._session = SpeechSession(url, SAMPLE_RATE_HZ)
        self._random = random.Random(seed)
        self._talk = self._compose(recordings, seconds)
        self._started = 0.0
        self.utterances: dict[str, Heard] = {}

    async def run(self) -> None:
        await asyncio.sleep(self._random.uniform(0, 2))
        async with self._session:
            async for message in converse(self._session, self._paced()):
                self._note(message, time.monotonic())

    def _compose(self, recordings: list[Recording], seconds: float) -> bytes:
        parts: list[Any] = []
        while sum(map(len, parts)) < seconds * SAMPLE_RATE_HZ:
            pause = np.zeros(round(self._random.uniform(*_PAUSE_S) * SAMPLE_RATE_HZ), dtype=np.float32)
            parts += [pause, self._random.choice(recordings).audio]
        talk = np.concatenate(parts)[: round(_MOST * seconds * SAMPLE_RATE_HZ)]
        return float_to_pcm16(np.concatenate([talk, np.zeros(SAMPLE_RATE_HZ, dtype=np.float32)]))

    async def _paced(self) -> AsyncIterator[bytes]:
        self._started = time.monotonic()
        step = 2 * _FRAME_SAMPLES
        for number, first in enumerate(range(0, len(self._talk), step), start=1):
            due = self._started + number * _FRAME_SAMPLES / SAMPLE_RATE_HZ  # a frame exists only when it has been said
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            yield self._talk[first : first + step]

    def _note(self, message: ServerMessage, now: float) -> None:
        match message:
            case SpeechStarted():
                self.utterances.setdefault(message.utterance_id, Heard(self._started + message.at))
            case SpeechEnded():
                self.utterances[message.utterance_id].ended = self._started + message.at
            case Partial() if message.text:
                heard = self.utterances[message.utterance_id]
                heard.first_word = heard.first_word or now
                heard.views.append(message)
            case Final():
                heard = self.utterances[message.utterance_id]
                heard.first_word, heard.text = heard.first_word or now, now
            case Sentiment():
                self.utterances[message.utterance_id].sentiment = now
            case NoSpeech():
                self.utterances[message.utterance_id].empty = True


def measure(recordings: list[Recording], numbers: list[int], seconds: float, folder: Path, **settings: str) -> Any:
    """Start a system, and let each of `numbers` of speakers talk to it for some seconds, one number after the other.

    `settings` are environment variables of the system. Times are in ms, memory is in MB.
    """
    stack = Stack(folder, **({"threads": "0"} | settings))
    try:
        stack.start()
        _speak(stack, recordings, 1, 6.0)  # a first talk warms the system up
        found = {str(number): report(_speak(stack, recordings, number, seconds)) for number in numbers}
        memory = {name: _peak_memory_mb(process.pid) for name, process in stack.processes.items()}
        return {"end_of_speech": found, "service_memory_mb": memory}
    finally:
        stack.stop()


def _speak(stack: Stack, recordings: list[Recording], number: int, seconds: float) -> list[Heard]:
    speakers = [Speaker(stack.ws_url, recordings, seconds, seed) for seed in range(number)]

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for speaker in speakers:
                group.create_task(speaker.run())

    asyncio.run(all_of_them())
    return [heard for speaker in speakers for heard in speaker.utterances.values()]


def report(utterances: list[Heard]) -> dict[str, Any]:
    """Percentiles of the latencies in ms, and counts, of these utterances."""
    ended = [u for u in utterances if u.ended is not None]
    shown, changed, broken = _flicker(utterances)
    return {
        "text_ms": percentiles_ms([u.text - u.ended for u in ended if u.text and u.ended]),
        "sentiment_ms": percentiles_ms([u.sentiment - u.ended for u in ended if u.sentiment and u.ended]),
        "first_word_ms": percentiles_ms([u.first_word - u.began for u in utterances if u.first_word]),
        "utterances": len(utterances),
        "dropped": sum(u.dropped for u in utterances),
        "partials": sum(len(u.views) for u in utterances),
        "flicker_rate": round(changed / shown, 4) if shown else 0.0,
        "stable_words_taken_back": broken,
    }


def _flicker(utterances: list[Heard]) -> tuple[int, int, int]:
    """Count words shown, words that the next partial changed, and partials that broke a stable prefix."""
    shown = changed = broken = 0
    for utterance in utterances:
        for before, after in zip(utterance.views, utterance.views[1:], strict=False):
            words, later = before.text.split(), after.text.split()
            shown += len(words)
            changed += sum(a != b for a, b in zip(words, later, strict=False)) + max(0, len(words) - len(later))
            broken += not after.text.startswith(before.text[: before.stable_chars])
    return shown, changed, broken


def _peak_memory_mb(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), None)
