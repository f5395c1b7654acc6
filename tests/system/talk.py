"""Somebody who speaks in real time while parts of the system come and go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import Streamed, finish, start_stream
from tests.support.wait import wait_until
from wta import names
from wta.names import Stage

_RATE_HZ = 16_000
_LESS_SILENCE = _RATE_HZ * 3 // 4
"""Samples of the second of silence before each sentence that are left out."""
_UNDERSTOOD = 0.3
"""Share of a sentence's longer words that is understood even where it was cut in two when a connection broke."""
SENTENCES = (
    "The meeting begins at nine and everybody has to bring the papers from last week.",
    "I would rather walk home through the park than wait another hour for the bus.",
    "He said that the weather had been terrible and the harvest was late this year.",
)


class Talk:
    """A talk of several sentences, spoken by `wta stream` in a process of its own."""

    def __init__(self, stack: Stack, url: str, folder: Path, sentences: tuple[str, ...] = SENTENCES) -> None:
        self._stack = stack
        self._sentences = sentences
        self._client = stack.client()
        self._keys_before = set(self._keys())
        self._results_before = self._client.xlen(names.RESULTS_STREAM)
        self._lines_before = len(stack.log_lines())
        self._process = start_stream(url, _spoken(sentences, folder))

    def wait_for(self, finals: int) -> None:
        """Wait until so many sentences are text."""
        wait_until(lambda: len(self._texts()) >= finals, 60, f"there are not {finals} sentences")

    def finish(self) -> Streamed:
        """Wait for the end of the talk, and check that every sentence is on the page and in the log, once."""
        spoken = finish(self._process)
        assert spoken.exit_code == 0, spoken.stderr
        finals = spoken.of("final")
        ended = {seq: fields[b"stage"].decode() for seq, fields in sorted(self._utterances().items())}
        assert list(ended) == list(range(1, len(ended) + 1)), f"a gap: {ended}"
        assert set(ended.values()) <= {Stage.DONE, Stage.EMPTY}, ended
        assert sorted(row["seq"] for row in finals) == [seq for seq, stage in ended.items() if stage == Stage.DONE]
        ids = [row["utterance_id"] for row in finals]
        assert sorted(row["utterance_id"] for row in spoken.of("sentiment")) == sorted(ids)
        assert self._client.xlen(names.RESULTS_STREAM) - self._results_before == len(ids)
        wait_until(lambda: self._lines() >= len(ids), 20, "a sentence is missing in the log")
        assert self._lines() == len(ids)
        assert not self._client.zcard(names.PENDING)
        self._check_words(" ".join(row["text"] for row in sorted(finals, key=lambda row: row["seq"])))
        return spoken

    def in_hand(self) -> list[int]:
        """The utterances that a worker works on now."""
        return [seq for seq, fields in self._utterances().items() if fields.get(b"owner")]

    def is_text(self, seq: int) -> bool:
        return self._utterances()[seq][b"stage"] != Stage.AUDIO.encode()

    def _check_words(self, text: str) -> None:
        heard = _words(text)
        for sentence in self._sentences:
            long = [word for word in _words(sentence) if len(word) > 3]
            understood = sum(word in heard for word in long) / len(long)
            assert understood >= _UNDERSTOOD, f"lost: {sentence!r} in {text!r}"
        said = len(_words(" ".join(self._sentences)))
        assert len(heard) <= 1.2 * said, f"said twice: {text!r}"

    def _texts(self) -> list[bytes]:
        return [fields[b"text"] for fields in self._utterances().values() if fields.get(b"text")]

    def _lines(self) -> int:
        return len(self._stack.log_lines()) - self._lines_before

    def _keys(self) -> list[bytes]:
        return [key for key in self._client.scan_iter("utterance:*") if not key.endswith(b":audio")]

    def _utterances(self) -> dict[int, dict[bytes, Any]]:
        keys = [key for key in self._keys() if key not in self._keys_before]
        return {int(key.rpartition(b":")[2]): self._client.hgetall(key) for key in keys}


def _spoken(sentences: tuple[str, ...], folder: Path) -> Path:
    files = [espeak(sentence, folder / f"{number}.wav", _RATE_HZ) for number, sentence in enumerate(sentences)]
    parts = [soundfile.read(file, dtype="int16", start=_LESS_SILENCE)[0] for file in files]
    soundfile.write(folder / "talk.wav", np.concatenate(parts), _RATE_HZ)
    return folder / "talk.wav"


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
