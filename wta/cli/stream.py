"""`python -m wta stream` sends files, or the microphone, to a server and prints what comes back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from pydantic import ValidationError

from wta.cli.address import websocket_url
from wta.cli.view import HumanView, JsonView, View
from wta.client import Pace, ServerAwayError, SpeechSession, converse, paced
from wta.errors import WtaError
from wta.messages import Options, Task
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS
from wta.settings import load_settings_or_exit


class Source(Protocol):
    """A source of audio: one speaker."""

    name: str
    sample_rate_hz: int

    def audio(self) -> AsyncIterator[bytes]:
        """Yield PCM16 mono at `sample_rate_hz`."""
        ...


def stream(
    files: Annotated[list[Path] | None, typer.Argument(help="WAV or FLAC files. Each is a session of its own.")] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Send the microphone. Ctrl-C ends it.")] = False,
    url: Annotated[str | None, typer.Option(help="The server, for example ws://localhost:8000/ws/audio.")] = None,
    pace: Annotated[Pace, typer.Option(help="realtime, or fast: as fast as the server takes it.")] = Pace.REALTIME,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    language: Annotated[
        str | None, typer.Option(help="Language of the speech: ko, Korean. Without it the model decides.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option(help="Languages that may be spoken: en,ko. The model decides among these.")
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="transcribe, or translate: write other languages in English.")
    ] = None,
    endpoint_ms: Annotated[
        int | None,
        typer.Option(min=MIN_ENDPOINT_MS, max=MAX_ENDPOINT_MS, help="Milliseconds of silence that end an utterance."),
    ] = None,
    words: Annotated[bool | None, typer.Option(help="Add the time of each word to --json. Takes longer.")] = None,
    key: Annotated[str | None, typer.Option(envvar="WTA_API_KEY", help="API key, where the server wants one.")] = None,
) -> None:
    """Send audio to a server as one speaker, and print the text and its sentiment."""
    if bool(files) == mic:
        raise typer.BadParameter("Give FILES or --mic, and not both.")
    server = websocket_url(url, load_settings_or_exit())
    options = _options(language=language, languages=languages, task=task, endpoint_ms=endpoint_ms, words=words)
    names = ["microphone"] if mic else list(map(str, files or []))
    failed = False
    for name in names:
        with JsonView(name) if as_json else HumanView(name, several=len(names) > 1) as view:
            try:
                asyncio.run(_play(_source(name, mic, pace), server, view, options, key))
            except ServerAwayError as error:
                raise WtaError(f"{error}\n{_how_to_start(server)}") from error
            except WtaError as error:
                view.problem(str(error))
                failed = True
    if failed:
        raise typer.Exit(1)


def _options(**fields: Any) -> Options:
    try:
        return Options(**fields)
    except ValidationError as error:
        raise typer.BadParameter(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error


async def _play(source: Source, url: str, view: View, options: Options, key: str | None) -> None:
    session = SpeechSession(url, source.sample_rate_hz, options=options, interim=view.wants_partials, key=key)
    async with session, aclosing(converse(session, source.audio())) as messages:
        async for message in messages:
            view.show(message)


def _source(name: str, mic: bool, pace: Pace) -> Source:
    return _Microphone() if mic else _File(name, pace)


def _how_to_start(url: str) -> str:
    return f"Start the server with `make run`, or say with --url where it is (tried {url})."


class _File:
    def __init__(self, name: str, pace: Pace) -> None:
        from wta.client.audio_files import AudioFile  # noqa: PLC0415 - loads libsndfile

        self._file = AudioFile(Path(name))
        self._pace = pace
        self.name, self.sample_rate_hz = name, self._file.sample_rate_hz

    def audio(self) -> AsyncIterator[bytes]:
        return paced(self._file.blocks(), self.sample_rate_hz, self._pace)


class _Microphone:
    def __init__(self) -> None:
        from wta.client.microphone import Microphone  # noqa: PLC0415 - loads PortAudio

        self._microphone = Microphone()
        self.name, self.sample_rate_hz = "microphone", self._microphone.sample_rate_hz

    async def audio(self) -> AsyncIterator[bytes]:
        """Yield audio until Ctrl-C. A second Ctrl-C ends the program without waiting for the last results."""
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            loop.call_soon_threadsafe(self._microphone.stop)

        signal.signal(signal.SIGINT, stop)  # Windows has no signal handlers of the event loop
        typer.echo(f"Listening to {self._microphone.name!r}. Ctrl-C ends.", err=True)
        async for block in self._microphone.blocks():
            yield block
