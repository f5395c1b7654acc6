"""A WebSocket connection of Twilio's, at `/ws/twilio`: one telephone call, each track of it a session of its own."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocketDisconnect

from fastapi_service.access.client_address import client_host
from fastapi_service.audio.g711 import RATE_HZ
from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.sessions.admission import admit
from fastapi_service.sessions.connection import Connection
from fastapi_service.sessions.live_session import LiveSession
from fastapi_service.twilio.messages import MediaEvent, StartEvent, StopEvent, StreamStart
from fastapi_service.twilio.reader import CallReader, TrackReader
from fastapi_service.twilio.writer import SilentWriter
from wta.errors import ProtocolError
from wta.messages import Start, Stop

log = logging.getLogger(__name__)

_LAG_MS = 1_000
"""A track that is this much behind the other one is silent."""


class TwilioConnection(Connection):
    """Hears a call. Nothing is sent back: results go where all results go."""

    async def _converse(self) -> None:
        settings = self._server.settings
        self._writer = SilentWriter(self._websocket, settings.send_timeout_s)
        reader = CallReader(self._websocket, settings.max_frame_bytes)
        call = await self._first(reader)
        tracks: dict[str, TrackReader] = {name: TrackReader(self._websocket) for name in call.tracks}
        owner = await self._owner_of(call.customParameters.token or "")
        sessions = [await self._open(call, name, track, owner) for name, track in tracks.items()]
        self._began = True
        tasks = [asyncio.create_task(session.run()) for session in sessions]
        feeding = asyncio.create_task(self._feed(reader, tracks))
        try:
            await self._until_answered(tasks, feeding)
        finally:
            await cancel_and_wait([feeding, *tasks])

    async def _until_answered(self, tasks: list[asyncio.Task[None]], feeding: asyncio.Task[None]) -> None:
        """Wait for all sessions. Raises what ended one of them, or the reading, before its time."""
        ended, _ = await asyncio.wait([*tasks, feeding], return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
        if feeding.done():
            await asyncio.gather(*tasks)

    async def _first(self, reader: CallReader) -> StreamStart:
        """Return what `start` says. Only `connected` may come before it."""
        while not isinstance(event := await reader.next_event(self._server.settings.start_timeout_s), StartEvent):
            if isinstance(event, MediaEvent | StopEvent):
                raise ProtocolError("bad_message", "The message `start` comes before all others but `connected`.")
        return event.start

    async def _open(self, call: StreamStart, name: str, track: TrackReader, owner: str | None) -> LiveSession:
        server = self._server
        start = Start(sample_rate=RATE_HZ, language=call.customParameters.language, interim=False)
        session, _ = await server.threads.run(admit, server, start, owner, client_host(self._websocket))
        log.info("a call session=%s stream=%s call=%s track=%s", session.session_id, call.streamSid, call.callSid, name)
        return LiveSession(server, session, start, track, self._writer, max_strikes=float("inf"))

    async def _feed(self, reader: CallReader, tracks: dict[str, TrackReader]) -> None:
        """Hand over all audio. Returns when the call is over."""
        ending: Stop | WebSocketDisconnect = Stop()
        try:
            while not isinstance(event := await reader.next_event(self._server.settings.idle_timeout_s), StopEvent):
                if isinstance(event, MediaEvent):
                    await _hear(event, tracks)
        except WebSocketDisconnect as error:
            ending = error
        for track in tracks.values():
            await track.put(ending)


async def _hear(event: MediaEvent, tracks: dict[str, TrackReader]) -> None:
    if event.media.track not in tracks:
        raise ProtocolError("bad_message", f"The track {event.media.track} was not announced in `start`.")
    for name, track in tracks.items():
        if name == event.media.track:
            await track.add(event.media)
        else:
            await track.fill(event.media.timestamp - _LAG_MS, 0)
