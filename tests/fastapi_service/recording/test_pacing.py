"""Who sends faster than speech waits; who speaks never does."""

from __future__ import annotations

import asyncio

import pytest

from fastapi_service.concurrency import Threads
from fastapi_service.recording.pacing import MAX_UNTRANSCRIBED, Pacing
from fastapi_service.recording.speech_clock import HEAD_START_S
from wta.ledger import Ledger, Session
from wta.messages import Options, SpeechEnded


class CountingLedger(Ledger):
    """Says how many sentences wait; nothing else of a ledger is needed."""

    def __init__(self, untranscribed: int) -> None:
        self.waiting = untranscribed

    def untranscribed(self, _session_id: str) -> int:
        return self.waiting


def session(said_s: float = 0, age_s: float = 0) -> Session:
    """A session in which `said_s` seconds were said before this connection."""
    return Session("s", "", 1, 16_000, Options(), round(said_s * 16_000), 1, age_s)


def sentences(count: int) -> list[SpeechEnded]:
    return [SpeechEnded(utterance_id=f"s:{seq}", seq=seq, at=1.0) for seq in range(1, count + 1)]


async def is_held(pacing: Pacing, audio_s: float, cut: int) -> bool:
    try:
        await asyncio.wait_for(pacing.wait(audio_s, sentences(cut)), 0.6)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(
    ("before", "audio_s", "waiting", "held"),
    [
        (session(), 15, MAX_UNTRANSCRIBED, True),  # a recording, faster than speech
        (session(), 15, MAX_UNTRANSCRIBED - 1, False),  # the same, and the workers follow
        (session(), HEAD_START_S - 1, 50, False),  # somebody who speaks, while no worker is there
        (session(60, age_s=90), 30, 50, False),  # somebody whose connection broke, with all that was said meanwhile
        (session(60, age_s=5), 1, MAX_UNTRANSCRIBED, True),  # a recording whose sender connects again and again
    ],
)
async def test_only_a_session_that_is_ahead_of_speech_and_of_the_workers_is_held(
    before: Session, audio_s: float, waiting: int, held: bool
) -> None:
    pacing = Pacing(CountingLedger(waiting), Threads(4), before, lambda: 0.1)
    assert await is_held(pacing, audio_s, MAX_UNTRANSCRIBED) is held


async def test_everybody_is_held_while_redis_is_nearly_full() -> None:
    fraction = 0.9
    pacing = Pacing(CountingLedger(0), Threads(4), session(), lambda: fraction)
    assert await is_held(pacing, 1.0, 1)
    fraction = 0.8
    assert not await is_held(pacing, 1.0, 1)


async def test_a_held_session_goes_on_once_the_workers_have_followed() -> None:
    ledger = CountingLedger(MAX_UNTRANSCRIBED)
    pacing = Pacing(ledger, Threads(4), session(), lambda: 0.1)
    waiting = asyncio.create_task(pacing.wait(HEAD_START_S + 60, sentences(MAX_UNTRANSCRIBED)))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    ledger.waiting = 0
    await asyncio.wait_for(waiting, 5)
