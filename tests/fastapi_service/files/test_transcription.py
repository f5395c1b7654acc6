"""A file waits for its turn as long as it takes, and for an answer only so long. The server it needs is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis

from fastapi_service.files.transcription import NoAnswerError, Transcription
from fastapi_service.server_state import ServerState
from wta.live_audio import LiveAudio
from wta.settings import Settings


async def transcribe(settings: Settings, sentence: bytes, behind_s: float, speech_away: bool = False) -> None:
    """Send a sentence that nobody answers."""

    async def audio() -> AsyncIterator[bytes]:
        yield sentence

    async def stay() -> bool:
        return False

    server = ServerState.open(settings.model_copy(update={"deadline_s": 0.2, "max_attempts": 2}))
    server.behind_s, server.speech_away = behind_s, speech_away
    try:
        session = await server.threads.run(server.ledger.open_session, 16_000)
        async with asyncio.timeout(4):
            await Transcription(server, session).run(audio(), stay)
    finally:
        await server.close()


async def test_nobody_answers_a_server_that_is_not_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    with pytest.raises(NoAnswerError):
        await transcribe(settings, sentence, behind_s=0)


async def test_a_file_has_no_stopwatch_while_the_server_is_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    with pytest.raises(TimeoutError):  # of the test: the file waits on
        await transcribe(settings, sentence, behind_s=400)


async def test_a_server_without_speech_workers_is_not_merely_behind(
    settings: Settings, redis_client: redis.Redis, sentence: bytes
) -> None:
    with pytest.raises(NoAnswerError):
        await transcribe(settings, sentence, behind_s=400, speech_away=True)


async def test_a_file_asks_for_no_early_texts(
    settings: Settings, redis_client: redis.Redis, sentence: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(LiveAudio, "put_snapshot", lambda *args: asked.append(args))
    with pytest.raises(NoAnswerError):
        await transcribe(settings, sentence, behind_s=0)
    assert asked == []
