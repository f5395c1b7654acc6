"""Speaking and listening at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from wta.client.session import SpeechSession
from wta.errors import WtaError
from wta.messages import ServerMessage


async def converse(session: SpeechSession, audio: AsyncIterator[bytes]) -> AsyncGenerator[ServerMessage, None]:
    """Say `audio` (PCM16 at the session's rate) to its end, then `stop`; yields what the server says, up to `done`.

    Raises what reading the audio or the session raises.
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
