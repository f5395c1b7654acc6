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
from wta.live_audio import EarlyText, LiveAudio
from wta.messages import Options, SpeechEnded
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


@pytest.mark.parametrize(
    ("finished", "endpoint_ms", "ended"),
    [(True, None, True), (False, None, False), (None, None, True), (False, 400, True)],
)
def test_words_that_look_unfinished_keep_an_utterance_open(
    ledger: Ledger,
    redis_client: redis.Redis,
    settings: Settings,
    sentence: bytes,
    finished: bool | None,
    endpoint_ms: int | None,
    ended: bool,
) -> None:
    # Given a speaker who has fallen silent, and the words so far
    live, options = LiveAudio(redis_client), Options(endpoint_ms=endpoint_ms)
    session = ledger.open_session(16_000, options)
    recorder = Recorder(
        session, SpeechPipeline(settings, load_network(), 16_000, endpoint_ms), ledger,
        PartialRequests(live, settings, interim=False, options=options),
    )  # fmt: skip
    ahead = time.monotonic() + 3600
    recorder._clock._began -= ahead  # the session has lasted long, so that its audio is not that of a file
    recorder.push(sentence[:96_000] + bytes(9_600), time.time())
    uid = recorder.open_utterance
    assert uid is not None
    snapshot = live.pop_snapshot(uid)
    assert snapshot is not None and snapshot.early
    live.put_early_text(uid, EarlyText.of(snapshot.pcm16, "One two", "en", "tiny.en", finished=finished))
    # When half a second of silence has come, with a look at the words in between
    replies = [*recorder.push(bytes(3_200), time.time()), *recorder.push(bytes(11_200), time.time())]
    # Expect the end, unless the words look unfinished and the session has not asked for plain silence
    assert any(isinstance(reply, SpeechEnded) for reply in replies) is ended
    # Expect the end at last, whatever the words look like
    replies += recorder.push(bytes(32_000), time.time())
    assert sum(isinstance(reply, SpeechEnded) for reply in replies) == 1


def test_a_file_is_cut_by_silence_alone(
    ledger: Ledger, redis_client: redis.Redis, settings: Settings, sentence: bytes
) -> None:
    partials = PartialRequests(LiveAudio(redis_client), settings, interim=True)
    recorder = Recorder(ledger.open_session(16_000), SpeechPipeline(settings, load_network(), 16_000), ledger, partials)
    recorder.push(sentence[:96_000] + bytes(9_600), time.time())
    assert recorder.open_utterance
    assert not recorder.is_awaiting_words, "three seconds cannot have been spoken yet"
