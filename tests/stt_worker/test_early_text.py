"""The text made in the early silence: it becomes the final where nothing more was said, and only there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import redis

from stt_worker.models.checkpoints import ModelFile
from stt_worker.service import SttService
from tests.support import sounds
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import stream
from wta import names
from wta.audio_format import float_to_pcm16
from wta.ledger import Ledger
from wta.live_audio import EarlyText, LiveAudio, Snapshot
from wta.messages import Options, Timings
from wta.settings import Settings
from wta.worker.process import WorkerTools

PREPARED = "Prepared before the endpoint."


@pytest.fixture(scope="module")
def loaded(tiny_en: ModelFile) -> SttService:
    service = SttService(Settings(whisper_model=str(tiny_en.path), threads=1))
    service.load()
    return service


@pytest.fixture
def service(loaded: SttService, settings: Settings, redis_client: redis.Redis) -> SttService:
    """The speech worker's work without Celery around it."""
    loaded.begin(WorkerTools(names.WorkerKind.STT, "tiny.en", settings))
    return loaded


@pytest.fixture
def live(redis_client: redis.Redis) -> LiveAudio:
    return LiveAudio(redis_client)


@pytest.fixture
def said() -> bytes:
    """A sentence and the silence that ends it, PCM16."""
    audio = np.concatenate([sounds.silence(0.2), sounds.spoken(sounds.SENTENCES[2]), sounds.silence(0.2)])
    return float_to_pcm16(audio)


@pytest.fixture
def write(ledger: Ledger) -> Callable[[bytes], str]:
    """Put an utterance into the ledger; its id."""

    def append(pcm16: bytes) -> str:
        session = ledger.open_session(16_000)
        return ledger.append(session, 1, pcm16, 0.0, 1.0, len(pcm16) // 2, Timings(), "trace")

    return append


def partial_counts(service: SttService) -> dict[str, float]:
    registry = service._metrics.registry
    outcomes = ("answered", "put_off", "stale")
    return {o: registry.get_sample_value("wta_partials_total", {"outcome": o}) or 0.0 for o in outcomes}


def final(redis_client: redis.Redis, uid: str) -> str:
    return str(redis_client.hget(names.utterance_key(uid), "text").decode())


def prepared(said: bytes) -> EarlyText:
    return EarlyText.of(said[:-3_200], PREPARED, "en", "tiny.en", avg_logprob=-0.25)


Write = Callable[[bytes], str]


def test_text_of_the_early_silence_is_the_final(
    service: SttService, live: LiveAudio, write: Write, said: bytes, redis_client: redis.Redis
) -> None:
    uid = write(said)
    early = prepared(said)
    live.put_early_text(uid, early)
    live.discard(uid, early.samples)
    service.transcribe()
    assert final(redis_client, uid) == PREPARED
    assert redis_client.hget(names.utterance_key(uid), "avg_logprob") == b"-0.25"


def test_early_text_is_made_from_the_snapshot_and_shown(
    service: SttService, live: LiveAudio, write: Write, said: bytes, redis_client: redis.Redis
) -> None:
    # Given a page that listens, and audio up to an early silence
    uid = write(said)
    pubsub = redis_client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(names.live_channel(uid.split(":")[0]))
    live.put_snapshot(uid, Snapshot(said[:-3_200], early=True))
    # When an early text is asked for, twice
    service.partial(uid)
    service.partial(uid)  # the same request again is stale
    live.discard(uid, len(said[:-3_200]) // 2)
    # Expect one text, kept for the final and shown once
    early = live.early_text(uid)
    assert early is not None
    assert "window" in early.text
    assert early.avg_logprob is not None and early.avg_logprob < 0
    messages = [m for m in (pubsub.get_message(timeout=0.2) for _ in range(4)) if m]
    assert [early.text in m["data"].decode() for m in messages] == [True]


def test_live_text_leaves_the_worker_time_for_finals(
    service: SttService, live: LiveAudio, write: Write, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = write(said)
    monkeypatch.setattr("stt_worker.service._LIVE_SHARE", 0.0001)  # after one partial: no other for long
    live.put_snapshot(uid, Snapshot(said[: len(said) // 4 * 2]))
    service.partial(uid)
    shown = live.partial_state(uid)
    assert shown and shown["pending"]
    # When more is asked for at once, expect what is shown to stay, the early text to be made all the same
    live.put_snapshot(uid, Snapshot(said), known_bytes=len(said) // 4 * 2)
    service.partial(uid)
    assert live.partial_state(uid) == shown
    live.put_snapshot(uid, Snapshot(said, early=True), known_bytes=len(said))
    service.partial(uid)
    live.discard(uid, len(said) // 2)
    assert "window" in getattr(live.early_text(uid), "text", "")
    # Expect each request to be counted by what became of it
    service.partial(uid)
    counts = partial_counts(service)
    assert counts == {"answered": 2, "put_off": 1, "stale": 1}


def test_snapshot_of_which_a_piece_is_lost_is_stale(live: LiveAudio, redis_client: redis.Redis) -> None:
    live.put_snapshot("s:1", Snapshot(b"abcd"))
    live.put_snapshot("s:1", Snapshot(b"abcdefgh"), known_bytes=4)
    live.put_snapshot("s:1", Snapshot(b"abcdefghij"), known_bytes=8)
    taken = live.pop_snapshot("s:1")
    assert taken is not None and taken.pcm16 == b"abcdefghij"
    live.put_snapshot("s:1", Snapshot(b"abcdefghijkl"), known_bytes=10)
    redis_client.hdel(names.live_audio_key("s:1"), "4")
    assert live.pop_snapshot("s:1") is None


@pytest.mark.parametrize("reason", ["speech resumed", "late, of an earlier pause", "other audio after a resume"])
def test_early_text_that_does_not_hold_is_dropped(
    service: SttService, live: LiveAudio, write: Write, said: bytes, redis_client: redis.Redis, reason: str
) -> None:
    uid, early = write(said), prepared(said)
    match reason:
        case "speech resumed":
            live.put_early_text(uid, early)
            live.discard(uid, None)
        case "late, of an earlier pause":
            live.discard(uid, early.samples + 8_000)
            live.put_early_text(uid, early)
        case _:
            live.put_early_text(uid, early.model_copy(update={"crc32": early.crc32 ^ 1}))
            live.discard(uid, early.samples)
    service.transcribe()
    assert "window" in final(redis_client, uid)


def test_who_wants_no_partials_is_shown_none(
    service: SttService, live: LiveAudio, write: Write, said: bytes, redis_client: redis.Redis
) -> None:
    uid = write(said)
    live.put_snapshot(uid, Snapshot(said, early=True, shown=False))
    service.partial(uid)
    live.discard(uid, len(said) // 2)
    assert live.early_text(uid) is not None
    assert live.partial_state(uid) is None


@pytest.mark.parametrize("who_asks", ["the settings", "the session"])
def test_words_have_times_where_they_are_asked_for(
    tiny_en: ModelFile, settings: Settings, ledger: Ledger, said: bytes, redis_client: redis.Redis, who_asks: str
) -> None:
    # Given a worker or a session that wants times of words, and an early text without them
    by_settings = who_asks == "the settings"
    timed = SttService(Settings(whisper_model=str(tiny_en.path), threads=1, word_timestamps=by_settings))
    timed.load()
    timed.begin(WorkerTools(names.WorkerKind.STT, "tiny.en", settings))
    session = ledger.open_session(16_000, Options(words=None if by_settings else True))
    uid = ledger.append(session, 1, said, 0.0, 1.0, len(said) // 2, Timings(), "trace")
    early = prepared(said)
    timed._live.put_early_text(uid, early)  # it has no times, and is not taken
    timed._live.discard(uid, early.samples)
    # When the utterance is transcribed
    timed.transcribe()
    # Expect times within the audio, so that the early text was not taken
    ((_, event),) = redis_client.xrange(names.events_key(uid.split(":")[0]))
    words = json.loads(event[b"json"])["words"]
    assert "window" in " ".join(word["word"] for word in words)
    assert all(0 <= word["start"] <= word["end"] <= len(said) / 32_000 for word in words)


def test_whole_system_begins_finals_early(stack: Stack, tmp_path: Path) -> None:
    path = espeak(sounds.SENTENCES[2], tmp_path / "sentence.wav")
    before = stack.processes["stt"].log.read_text().count("early text")
    streamed = stream(stack.ws_url, path, pace="realtime")
    assert "window" in streamed.texts()[path.name]
    assert stack.processes["stt"].log.read_text().count("early text") > before
