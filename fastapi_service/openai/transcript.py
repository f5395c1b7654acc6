"""The transcript of one file, collected from the workers' messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi_service.openai.errors import NothingUnderstoodError
from wta.messages import Error, Final, NoSpeech, Sentiment
from wta.messages.server import ServerUnion


@dataclass(frozen=True)
class Segment:
    """One sentence: its text, or why it has none."""

    start_s: float
    end_s: float
    final: Final | None
    sentiment: Sentiment | None = None
    error: str | None = None

    @property
    def text(self) -> str:
        return self.final.text if self.final else ""


@dataclass(frozen=True)
class Understood:
    """What was understood of a file."""

    segments: list[Segment]
    duration_s: float
    unread_s: float
    """Seconds of the file that could not be read."""


class SpokenOrder:
    """Puts sentences, which several workers may answer in any order, into the order of speech."""

    def __init__(self) -> None:
        self._next = 1
        self._texts: dict[int, str] = {}

    def add(self, message: ServerUnion) -> Iterator[str]:
        """Take an answer, and yield the texts that can follow now. Those without words are left out."""
        if isinstance(message, Final | NoSpeech | Error) and message.seq is not None:
            self._texts.setdefault(message.seq, message.text if isinstance(message, Final) else "")
        while self._next in self._texts:
            if text := self._texts[self._next]:
                yield text
            self._next += 1


class Transcript:
    """Collects the sentences of a file and their sentiments. A sentence that was given up has an error instead."""

    def __init__(self) -> None:
        self._finals: dict[int, Final] = {}
        self._sentiments: dict[int, Sentiment] = {}
        self._errors: dict[int, str] = {}

    def add(self, message: ServerUnion) -> None:
        """Add a message of the session."""
        match message:
            case Final():
                self._finals[message.seq] = message
            case Sentiment():
                self._sentiments[message.seq] = message
            case Error() if message.seq is not None and message.seq not in self._finals:
                self._errors[message.seq] = message.message

    def segments(self, spans_s: Mapping[int, tuple[float, float]]) -> list[Segment]:
        """Return the sentences in the order of speech.

        Args:
            spans_s: start and end of each sentence that was cut, by `seq`.

        Raises NothingUnderstoodError if there are only errors.
        """
        if self._errors and not self._finals:
            raise NothingUnderstoodError(next(iter(self._errors.values())))
        return [self._segment(seq, spans_s) for seq in sorted(self._finals.keys() | self._errors.keys())]

    def _segment(self, seq: int, spans_s: Mapping[int, tuple[float, float]]) -> Segment:
        final = self._finals.get(seq)
        if final is None:
            return Segment(*spans_s.get(seq, (0.0, 0.0)), None, error=self._errors[seq])
        return Segment(final.start, final.end, final, self._sentiments.get(seq))
