"""The recorder when the ledger fails it, and what it asks for besides."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.vad import load_network
from fastapi_service.recording.partial_requests import PartialRequests
from fastapi_service.recording.recorder import Recorder
from tests.support.redis_server import RedisServer
from wta import names
from wta.ledger import Ledger
from wta.live_audio import LiveAudio
from wta.redis_access.clients import connect
from wta.settings import Settings


def test_a_tail_never_acknowledges_an_utterance_that_could_not_be_written(tmp_path: Path, sentence: bytes) -> None:
    with RedisServer(tmp_path / "redis") as server:
        # Given an utterance that was lost because Redis died
        settings = Settings(redis_url=server.url)
        client = connect(settings)
        ledger = Ledger(client, settings)
        session = ledger.open_session(16_000)
        partials = PartialRequests(LiveAudio(client), settings, interim=False)
        pipeline = SpeechPipeline(settings, load_network(), 16_000)
        recorder = Recorder(session, pipeline, ledger, partials)
        server.process.kill()
        with pytest.raises(redis.RedisError):
            recorder.push(sentence, time.time())
        server.start()

        # When Redis is back and the session's end is written
        recorder.write_tail(sentence)

        # Expect nothing to be acknowledged, so that the client sends all of it again
        assert ledger.utterances(session.session_id) == []
        assert ledger.resume_session(session.resume_token).acked_sample == 0


@pytest.mark.parametrize(("silence_s", "asks"), [(0, True), (30, False)])
def test_live_text_is_asked_for_only_where_somebody_may_be_speaking(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings, sentence: bytes, silence_s: int, asks: bool
) -> None:
    # Given a session that has just begun, and more audio than anybody can have spoken since, or not
    live = LiveAudio(redis_client)
    recorder = Recorder(
        ledger.open_session(16_000), SpeechPipeline(settings, load_network(), 16_000), ledger,
        PartialRequests(live, settings, interim=True),
    )  # fmt: skip
    recorder.push(bytes(silence_s * 32_000), time.time())
    # When a sentence and its pause come
    recorder.push(sentence[:96_000] + bytes(9_600), time.time())
    # Expect its early text to be wanted only there
    assert bool(redis_client.llen(names.EARLY_QUEUE)) is asks
