"""Prints what `stream` receives: as JSON lines for programs, or as text for people."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from wta.messages import Done, Error, Final, NoSpeech, Partial, Ready, Sentiment, ServerMessage, Status

_NARROW = 40
"""On a terminal with fewer columns, a sentence stands below its number instead of beside it."""
_LINES_EACH = 6
"""How many lines of the terminal a sentence that waits for its sentiment is given."""
_COLOURS = {"POSITIVE": "green", "NEGATIVE": "red", "NEUTRAL": "yellow"}


class View(Protocol):
    """Shows one session. Use it with `with`."""

    wants_partials: bool
    """Whether the view shows partials."""

    def show(self, message: ServerMessage) -> None:
        """Show a message of the server."""

    def problem(self, words: str) -> None:
        """Show why the session has failed."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class JsonView:
    """Prints one JSON object a line, as messages come. A problem of a whole file goes to stderr."""

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
        """The promised fields in the promised order, then the others. None: this message is not printed."""
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
    """Prints sentences with their sentiment. On a terminal, the words so far stand below and are overwritten.

    Args:
        name: the file's name, printed as a heading where there are `several` files.
        console: where to print; None: stdout.
    """

    wants_partials = True

    def __init__(self, name: str, several: bool, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._name = name
        self._several = several
        self._began = time.monotonic()
        self._sentences = 0
        self._behind_s = 0.0
        self._partials: dict[int, str] = {}
        self._waiting: dict[int, Final] = {}
        """Finals that wait for their sentiment. On a terminal they stand below, elsewhere they were printed at once."""
        self._live = Live(console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        if self._several:
            self._console.print(Text(_clean(self._name), "bold"), soft_wrap=True)
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
            self._print_waiting()

    def show(self, message: ServerMessage) -> None:
        match message:
            case Ready(resumed=True):
                self._say("connected again", "dim")
            case Partial():
                self._partials[message.seq] = message.text
            case Final():
                self._show_final(message)
            case Sentiment():
                self._show_feeling(message.seq, _feeling(message))
            case NoSpeech():
                self._partials.pop(message.seq, None)
            case Status():
                self._behind_s = 0.0 if message.level == "ok" else message.queue_seconds
            case Error():
                self._show_error(message)
            case Done():
                self._print_waiting()
                self._say(_summary(message), "dim")
        if self._console.is_terminal:
            self._live.update(self._below(ended=isinstance(message, Done)), refresh=True)

    def problem(self, words: str) -> None:
        """Show a problem: above the words so far where both are on one terminal, else on stderr."""
        console = self._console if self._console.is_terminal and self._errors.is_terminal else self._errors
        console.print(Text(_clean(words), "red"))

    def _show_final(self, final: Final) -> None:
        self._sentences += 1
        self._partials.pop(final.seq, None)
        self._waiting[final.seq] = final
        if not self._console.is_terminal:
            self._print(final)
        elif len(self._waiting) > max(1, self._console.height // _LINES_EACH):
            # The newest words must stay on the screen. The sentiment of this sentence will follow in a line of its own.
            self._print(self._waiting.pop(min(self._waiting)))

    def _show_feeling(self, seq: int, feeling: Text) -> None:
        final = self._waiting.pop(seq, None)
        if final is not None and self._console.is_terminal:
            self._print(final, feeling)
        else:
            self._console.print(Text(f"#{seq}").append_text(feeling), soft_wrap=True)

    def _show_error(self, error: Error) -> None:
        if error.seq is not None:
            self._partials.pop(error.seq, None)
            if (final := self._waiting.pop(error.seq, None)) and self._console.is_terminal:
                self._print(final)
        self.problem(error.message)

    def _print_waiting(self) -> None:
        """Print the sentences whose sentiment will not come any more."""
        waiting, self._waiting = self._waiting, {}
        if self._console.is_terminal:
            for _, final in sorted(waiting.items()):
                self._print(final)

    def _print(self, final: Final, feeling: Text | None = None) -> None:
        """Print a sentence: in a file as one line, on a terminal broken between words, beside its number."""
        if self._console.is_terminal:
            self._live.update(self._below(), refresh=True)  # else the sentence would stand there twice for a moment
            self._console.print(self._paragraph(final, feeling))
        else:
            self._console.print(_sentence(final), soft_wrap=True)

    def _say(self, words: str, style: str) -> None:
        self._console.print(Text(words, style), soft_wrap=not self._console.is_terminal)

    def _below(self, ended: bool = False) -> Group:
        settled = [self._paragraph(final) for _, final in sorted(self._waiting.items())]
        room = max(1, self._console.width * (self._console.height // 2))  # the newest words matter most
        open_ones = [
            Text(text if len(text) <= room else f"…{text[-room + 1 :]}", "dim italic")
            for text in (_clean(text) for _, text in sorted(self._partials.items()))
        ]
        return Group(*settled, *open_ones, *([] if ended else [self._state()]))

    def _paragraph(self, final: Final, feeling: Text | None = None) -> Table:
        """Lay out a sentence: its number and time, and beside them the text, broken between words."""
        number, words = Text(f"#{final.seq} {_clock(final.start)} ", "dim"), Text(_clean(final.text))
        words.append_text(feeling or Text())
        table = Table.grid(padding=0)
        if self._console.width < _NARROW:
            table.add_row(number)
            table.add_row(words)
        else:
            table.add_column(no_wrap=True)
            table.add_row(number, words)
        return table

    def _state(self) -> Text:
        parts = [_minutes(time.monotonic() - self._began), f"sentences: {self._sentences}"]
        state = Text("● ", "green").append(" · ".join(parts), "dim not bold")
        if self._behind_s:
            state.append(f" · the server is {self._behind_s:.0f} s behind", "yellow")
        state.truncate(self._console.width, overflow="ellipsis")
        return state


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


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _clean(text: str) -> str:
    """Replace characters that a terminal would obey by spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
