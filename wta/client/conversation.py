"""Speaks and listens at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from wta.client.session import SpeechSession
from wta.errors import WtaError
from wta.messages import ServerMessage


async def converse(session: SpeechSession, audio: AsyncIterator[bytes]) -> AsyncGenerator[ServerMessage, None]:
    """Send `audio` (PCM16 at the session's rate) to its end, then `stop`, and yield what the server says, up to `done`.

    An error of the session, or of reading `audio`, is raised here.
    """
    speaker = asyncio.create_task(_speak(session, audio))
    try:
        async for message in session:
            yield message
    finally:
        speaker.cancel()
        await asyncio.gather(speaker, return_exceptions=True)


async def _speak(session: SpeechSession, audio: AsyncIterator[bytes]) -> None:
    try:
        async for pcm16 in audio:
            await session.send(pcm16)
        await session.stop()
    except WtaError as error:
        session.abort(error)
    except Exception as error:
        session.abort(WtaError(f"Reading the audio failed: {error}"))
        raise
