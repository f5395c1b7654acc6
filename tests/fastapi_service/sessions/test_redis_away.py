"""Redis goes and comes: sessions wait or resume, and nothing that was acknowledged is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta.ledger import Ledger
from wta.names import CloseCode
from wta.settings import Settings


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


def test_a_session_goes_on_after_redis_was_away(make_web: MakeWeb, own_redis: RedisServer, sentence: bytes) -> None:
    # Given a session of which a sentence is acknowledged
    web = make_web(redis_url=own_redis.url)
    ledger = Ledger(own_redis.client(), Settings(redis_url=own_redis.url))
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        acknowledged = speaker.receive("ack")["sample"]
        # When Redis dies, expect the speaker to be sent away, to come again, and nobody to be let in
        own_redis.process.kill()
        speaker.say(sentence)
        assert speaker.until_closed() == CloseCode.RESTART
        error = speaker.messages[-1]
        assert (error["code"], error["retryable"]) == ("unavailable", True)
    with Speaker(web.ws_url) as refused:
        refused.order("start", sample_rate=16_000)
        assert refused.until_closed() == CloseCode.FULL
        assert refused.messages[-1]["code"] == "unavailable"
    # When Redis is back and the speaker comes again
    own_redis.start()
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        next_sample = speaker.start()["next_sample"]
        # Expect nothing acknowledged to be asked for again, and both sentences once
        assert next_sample >= acknowledged
        speaker.say((sentence * 2)[2 * next_sample :])
        speaker.order("stop")
        speaker.until_ack(len(sentence))
        assert len(answer_all(ledger, ready["session_id"])) == 2
        assert speaker.receive("done")["summary"]["utterances"] == 2


def test_a_silent_session_outlives_a_restart_of_redis(
    make_web: MakeWeb, own_redis: RedisServer, sentence: bytes
) -> None:
    # Given a session in which nothing is said yet
    web = make_web(redis_url=own_redis.url)
    ledger = Ledger(own_redis.client(), Settings(redis_url=own_redis.url))
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        # When Redis dies and comes back meanwhile
        own_redis.process.kill()
        wait_until(lambda: httpx.get(f"{web.http_url}/readyz", timeout=20).json()["missing"] == ["redis"], 20, "alive?")
        own_redis.start()
        # Expect what is said then to be heard over the same connection
        speaker.say(sentence)
        speaker.receive("speech_ended")
        speaker.order("stop")
        speaker.until_ack(len(sentence) // 2)
        answer_all(ledger, sid)
        assert speaker.until_closed() == CloseCode.DONE
