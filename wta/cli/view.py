"""What `stream` prints: JSON lines for programs, or text for people."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from wta.messages import Done, Error, Final, NoSpeech, Partial, Sentiment, ServerMessage

_COLOURS = {"POSITIVE": "green", "NEGATIVE": "red", "NEUTRAL": "yellow"}


class View(Protocol):
    """Shows one session."""

    wants_partials: bool

    def show(self, message: ServerMessage) -> None: ...

    def problem(self, words: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class JsonView:
    """One JSON object a line, as it comes; problems of a whole file go to stderr."""

    wants_partials = False

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, message: ServerMessage) -> None:
        if (fields := self._fields(message)) is not None:
            line = {"type": message.type, "file": self._name} | fields
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def problem(self, words: str) -> None:
        sys.stderr.write(f"{words}\n")

    @staticmethod
    def _fields(message: ServerMessage) -> dict[str, Any] | None:
        """The promised fields first, in the promised order, then the others; None for what is not printed."""
        promised: tuple[str, ...]
        match message:
            case Final():
                promised = ("utterance_id", "seq", "text", "start", "end")
            case Sentiment():
                promised = ("utterance_id", "label", "score", "model")
            case Done():
                promised = ()
            case Error():
                promised = ("code", "message")
            case _:
                return None
        fields = json.loads(message.to_json())
        others = {name: value for name, value in fields.items() if name not in ("type", "event_id", *promised)}
        return {name: fields.get(name) for name in promised} | others


class HumanView:
    """Sentences with their sentiment; on a terminal with the words as they are spoken, overwritten in place."""

    wants_partials = True

    def __init__(self, name: str, several: bool, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._name = name
        self._several = several
        self._partials: dict[int, str] = {}
        self._waiting: dict[int, Final] = {}
        """Finals whose sentiment is still to come: shown below on a terminal, printed at once elsewhere."""
        self._live = Live(console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        if self._several:
            self._console.print(Text(_clean(self._name), "bold"))
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
            for final in self._waiting.values():
                self._console.print(_sentence(final))

    def show(self, message: ServerMessage) -> None:
        match message:
            case Partial():
                self._partials[message.seq] = message.text
            case Final():
                self._partials.pop(message.seq, None)
                self._waiting[message.seq] = message
                if not self._console.is_terminal:
                    self._console.print(_sentence(message))
            case Sentiment():
                self._show_sentiment(message)
            case NoSpeech():
                self._partials.pop(message.seq, None)
            case Error():
                self.problem(message.message)
            case Done():
                self._console.print(Text(_summary(message), "dim"))
        if self._console.is_terminal:
            self._live.update(self._below(), refresh=True)

    def problem(self, words: str) -> None:
        self._errors.print(Text(_clean(words), "red"))

    def _show_sentiment(self, sentiment: Sentiment) -> None:
        final = self._waiting.pop(sentiment.seq, None)
        feeling = _feeling(sentiment)
        if final is not None and self._console.is_terminal:
            self._console.print(_sentence(final).append_text(feeling))
        else:
            self._console.print(Text(f"#{sentiment.seq}").append_text(feeling))

    def _below(self) -> Text:
        settled = [_sentence(final) for _, final in sorted(self._waiting.items())]
        open_ones = [Text(_clean(text), "dim italic") for _, text in sorted(self._partials.items())]
        return Text("\n").join(settled + open_ones)


def _sentence(final: Final) -> Text:
    return Text(f"#{final.seq} {_clock(final.start)} ", "dim").append(_clean(final.text), "not dim")


def _feeling(sentiment: Sentiment) -> Text:
    if sentiment.label is None:
        return Text(f"  ({_clean(sentiment.reason or 'no sentiment')})", "dim")
    score = "" if sentiment.score is None else f" {sentiment.score:.2f}"
    return Text(f"  {sentiment.label}{score}", _COLOURS[sentiment.label])


def _summary(done: Done) -> str:
    s = done.summary
    labels = ", ".join(f"{count} {label}" for label, count in s.labels.items() if count)
    return f"sentences: {s.utterances}, words: {s.words}{', ' + labels if labels else ''}"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _clean(text: str) -> str:
    """Nothing a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)
