"""Redis is restored from an older copy of its data while somebody speaks."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

import pytest

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb
from tests.support.redis_server import RedisServer
from wta.client import SpeechSession
from wta.ledger import Ledger
from wta.messages import Ack, Done
from wta.settings import Settings

_PATIENCE_S = 60.0


class Talk:
    """Somebody who says one sentence after the other, and waits for each to be taken."""

    def __init__(self, session: SpeechSession) -> None:
        self._session = session
        self._acked = asyncio.Condition()
        self.acked = 0

    async def listen(self) -> None:
        async for message in self._session:
            if isinstance(message, Ack):
                async with self._acked:
                    self.acked = message.sample
                    self._acked.notify_all()
            if isinstance(message, Done):
                return

    async def say(self, sentence: bytes, end: int) -> None:
        """Say it; returns once its words, which end before sample `end`, are acknowledged."""
        await self._session.send(sentence)
        async with asyncio.timeout(_PATIENCE_S), self._acked:
            await self._acked.wait_for(lambda: self.acked >= end - 32_000)


async def talk(url: str, sentence: bytes, own: RedisServer, ledger: Ledger, copy: Path) -> str:
    """Say four sentences. After the third, Redis is as it was after the first."""
    length = len(sentence) // 2
    async with SpeechSession(url, 16_000) as session:
        talk = Talk(session)
        listening = asyncio.create_task(talk.listen())
        await talk.say(sentence, length)
        data = own.process.log.parent / "appendonlydir"
        shutil.copytree(data, copy)
        for n in (2, 3):
            await talk.say(sentence, n * length)
        own.process.kill()
        shutil.rmtree(data)
        shutil.copytree(copy, data)
        await asyncio.to_thread(own.start)
        talk.acked = 0
        await talk.say(sentence, 4 * length)
        await session.stop()
        with FakeWorkers(own.client(), ledger):
            async with asyncio.timeout(_PATIENCE_S):
                await listening
        return session.ready.session_id


def test_a_talk_goes_on_from_what_is_really_there(
    make_web: MakeWeb, settings: Settings, sentence: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with RedisServer(tmp_path / "redis") as own:
        ledger = Ledger(own.client(), settings)
        session_id = asyncio.run(talk(make_web(own.url).ws_url, sentence, own, ledger, tmp_path / "copy"))
        kept = ledger.utterances(session_id)
    # Expect the first and the fourth sentence, each where it was said, and one line about the two between them
    period_s = len(sentence) / 32_000
    assert [round((u.start_s - kept[0].start_s) / period_s, 1) for u in kept] == [0.0, 3.0]
    assert [u.seq for u in kept] == [1, 2]
    assert sum("has lost" in record.message for record in caplog.records) == 1
