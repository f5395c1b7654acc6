"""A file waits for its turn as long as it takes, and for an answer only so long. The server it needs is real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis

from fastapi_service.files.transcription import NoAnswerError, Transcription
from fastapi_service.server_state import ServerState
from wta.live_audio import LiveAudio
from wta.settings import Settings

PATIENCE_S = 0.4


async def transcribe(
    settings: Settings, sentence: bytes, behind_s: float, speech_away: bool = False, lead_s: float = 0
) -> float:
    """Send a sentence that nobody answers. Returns how many seconds it was waited for."""
    sent_at = 0.0

    async def audio() -> AsyncIterator[bytes]:
        nonlocal sent_at
        await asyncio.sleep(lead_s)
        sent_at = time.monotonic()
        yield sentence

    async def stay() -> bool:
        return False

    server = ServerState.open(settings.model_copy(update={"deadline_s": PATIENCE_S / 2, "max_attempts": 2}))
    server.behind_s, server.speech_away = behind_s, speech_away
    try:
        session = await server.threads.run(server.ledger.open_session, 16_000)
        async with asyncio.timeout(4):
            with pytest.raises(NoAnswerError):
                await Transcription(server, session).run(audio(), stay)
        return time.monotonic() - sent_at
    finally:
        await server.close()


async def test_nobody_answers_a_server_that_is_not_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    await transcribe(settings, sentence, behind_s=0)


async def test_a_long_silence_at_the_beginning_is_not_held_against_the_workers(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    assert await transcribe(settings, sentence, behind_s=0, lead_s=2 * PATIENCE_S) >= PATIENCE_S


async def test_a_file_has_no_stopwatch_while_the_server_is_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    with pytest.raises(TimeoutError):  # of the test: the file waits on
        await transcribe(settings, sentence, behind_s=400)


async def test_a_server_without_speech_workers_is_not_merely_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    await transcribe(settings, sentence, behind_s=400, speech_away=True)


async def test_a_file_asks_for_no_early_texts(
    settings: Settings, redis_client: redis.Redis, sentence: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(LiveAudio, "put_snapshot", lambda *args: asked.append(args))
    await transcribe(settings, sentence, behind_s=0)
    assert asked == []
