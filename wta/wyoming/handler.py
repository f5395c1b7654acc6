"""One connection of a Wyoming client. Each of its recordings is a session of the server."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

from pydantic import ValidationError
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioChunkConverter, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe
from wyoming.server import AsyncEventHandler

from wta.client.session import SpeechSession
from wta.errors import ClientError, WtaError
from wta.messages import Options
from wta.wyoming.bounded_reader import BoundedReader
from wta.wyoming.description import describe
from wta.wyoming.recording import Recording

log = logging.getLogger(__name__)


class WyomingHandler(AsyncEventHandler):
    """Answers `describe`, and turns recordings into transcripts. What goes wrong is an `error` event."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, key: str | None) -> None:
        """Serve a new connection.

        Args:
            url: the server's WebSocket.
            key: the API key, where the server has keys.
        """
        super().__init__(BoundedReader(reader), writer)
        self._url, self._key = url, key
        self._wanted = Transcribe()
        self._convert = AudioChunkConverter(width=2, channels=1).convert
        self._held = AsyncExitStack()
        """What the recording occupies."""
        self._recording: Recording | None = None
        self._answer: asyncio.Task[None] | None = None

    async def handle_event(self, event: Event) -> bool:
        """Obey one event. Returns whether the connection stays open."""
        try:
            await self._obey(event)
        except WtaError as error:
            await self._fail(error)
        except (KeyError, TypeError, ValueError):
            await self._fail(WtaError(f"The event {event.type[:40]!r} is not as Wyoming's protocol has it."))
        return True

    async def disconnect(self) -> None:
        """End the recording, if there is one. What was heard is still transcribed and logged."""
        await self._end()

    async def _obey(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self.write_event((await describe(self._url)).event())
        elif Transcribe.is_type(event.type):
            self._wanted = Transcribe.from_event(event)
        elif AudioStart.is_type(event.type):
            await self._begin(AudioStart.from_event(event).rate)
        elif AudioChunk.is_type(event.type) and self._recording:
            await self._recording.send(self._convert(AudioChunk.from_event(event)).audio)
        elif AudioStop.is_type(event.type) and self._recording:
            await self._recording.stop()

    async def _begin(self, rate_hz: int) -> None:
        await self._end()
        try:
            session = SpeechSession(
                self._url, rate_hz, options=Options(language=self._wanted.language), interim=False, key=self._key
            )
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise WtaError(f"{first['loc'][0]}: {first['msg']}") from error
        self._recording = Recording(await self._held.enter_async_context(session))
        log.info("a recording session=%s", session.ready.session_id)
        self._answer = asyncio.create_task(self._follow(self._recording))

    async def _follow(self, recording: Recording) -> None:
        """Send the transcript of a recording. After an error its audio is passed over, up to the next recording."""
        try:
            await self._transcribe(recording)
        except WtaError as error:
            await self._fail(error)
        finally:
            self._recording = None
            await self._held.aclose()

    async def _transcribe(self, recording: Recording) -> None:
        """Send each sentence as soon as it is understood, and then the whole text."""
        texts: list[str] = []
        async for text in recording.sentences():
            if not texts:
                await self.write_event(TranscriptStart(language=recording.language).event())
            await self.write_event(TranscriptChunk(text=f" {text}" if texts else text).event())
            texts.append(text)
        await self.write_event(Transcript(text=" ".join(texts), language=recording.language).event())
        if texts:
            await self.write_event(TranscriptStop().event())

    async def _end(self) -> None:
        answer, self._answer, self._recording = self._answer, None, None
        if answer is not None:
            answer.cancel()
            await asyncio.wait({answer})
        await self._held.aclose()

    async def _fail(self, error: WtaError) -> None:
        code = error.code if isinstance(error, ClientError) else None
        await self.write_event(Error(text=str(error), code=code).event())
