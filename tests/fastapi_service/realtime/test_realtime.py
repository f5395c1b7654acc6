"""`/v1/realtime` with the official Python client: the workers' part is done by the test."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest
import redis
from openai.types.realtime import RealtimeErrorEvent

from tests.fastapi_service.answers import give_text
from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.realtime import Conversation, conversing, until
from wta import names
from wta.ledger import Ledger
from wta.names import Stage

PCM = {"type": "audio/pcm", "rate": 16_000}


def in_ledger(client: redis.Redis, count: int) -> list[str]:
    def ids() -> list[str]:
        return sorted(uid.decode() for uid in client.zrange(names.PENDING, 0, -1))

    found: list[str] = until(lambda: len(ids()) == count and ids(), f"there are not {count} utterances: {ids()}")
    return found


def kinds(talk: Conversation, item_id: str) -> list[str]:
    """What was told about an item, in order."""
    told = [
        e
        for e in talk.events
        if getattr(e, "item_id", None) == item_id or ((i := getattr(e, "item", None)) and i.id == item_id)
    ]
    return [event.type.removeprefix("conversation.item.").removeprefix("input_audio_") for event in told]


def test_the_server_ends_an_item_where_the_speaker_pauses(web: Web, workers: FakeWorkers, sentence: bytes) -> None:
    with conversing(web.http_url) as talk:
        # Given a client that says what its audio is
        talk.update(format=PCM, transcription={"model": "gpt-4o-transcribe", "language": "en-US"})
        (updated,) = talk.wait_for("session.updated")
        assert updated.session.audio.input.transcription.language == "en"
        # When two sentences are said
        talk.say(sentence + sentence)
        first, second = talk.wait_for("completed", 2)
        feelings = talk.wait_for("sentiment", 2)
    # Expect an item for each, with all that belongs to it, in order
    assert (first.transcript, second.transcript) == ("sentence 1", "sentence 2")
    told = kinds(talk, first.item_id)
    answered = ["transcription.delta", "transcription.sentiment"]  # workers may be faster than the end of the sentence
    assert [kind for kind in told if kind not in answered] == [
        "buffer.speech_started", "buffer.speech_stopped", "buffer.committed", "added", "done",
        "transcription.completed",
    ]  # fmt: skip
    assert told.index("transcription.delta") < told.index("transcription.completed")
    assert told.count("transcription.sentiment") == 1
    assert talk.of("input_audio_buffer.committed")[1].previous_item_id == first.item_id
    began, ended = talk.of("input_audio_buffer.speech_started")[0], talk.of("input_audio_buffer.speech_stopped")[0]
    assert 500 < began.audio_start_ms < 1_100 and began.audio_start_ms < ended.audio_end_ms < len(sentence) / 32
    assert first.usage.type == "duration" and 1 < first.usage.seconds < len(sentence) / 32_000
    assert [(f.label, f.transcript) for f in feelings] == [("POSITIVE", "sentence 1"), ("POSITIVE", "sentence 2")]
    assert talk.of("error") == []


def test_without_turn_detection_the_client_ends_items(web: Web, workers: FakeWorkers, sentence: bytes) -> None:
    with conversing(web.http_url) as talk:
        talk.update(format=PCM, turn_detection=None)
        (updated,) = talk.wait_for("session.updated")
        assert updated.session.audio.input.turn_detection is None
        # When two sentences are said before the client ends the item
        talk.say(sentence + sentence)
        talk.connection.input_audio_buffer.commit()
        (both,) = talk.wait_for("completed")
        # Expect one item with both, and nothing about pauses
        assert both.transcript == "sentence 1 sentence 2"
        assert "".join(e.delta for e in talk.of("delta")) == both.transcript
        assert talk.of("input_audio_buffer.speech_started") == talk.of("input_audio_buffer.speech_stopped") == []
        # When silence is committed, expect an item without words
        talk.say(bytes(32_000))
        talk.connection.input_audio_buffer.commit()
        assert talk.wait_for("completed", 2)[1].transcript == ""
        # When nothing is committed, expect that to be said, and the session to go on
        talk.connection.input_audio_buffer.commit()
        (error,) = talk.wait_for("error")
        assert isinstance(error, RealtimeErrorEvent) and error.error.code == "input_audio_buffer_commit_empty"
        talk.say(sentence)
        talk.connection.input_audio_buffer.commit()
        assert talk.wait_for("completed", 3)[2].transcript == "sentence 3"


def test_what_is_cleared_is_never_transcribed(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    with conversing(web.http_url) as talk:
        talk.update(format=PCM, turn_detection=None)
        # When somebody speaks, and takes it back in the middle of a sample
        talk.say(sentence[: len(sentence) // 4 * 2 + 1])
        talk.connection.input_audio_buffer.clear()
        talk.wait_for("input_audio_buffer.cleared")
        # Expect only what is said afterwards to be in the ledger
        talk.say(sentence)
        talk.connection.input_audio_buffer.commit()
        (uid,) = in_ledger(redis_client, 1)
        utterance = ledger.get(uid)
        assert utterance and utterance.start_s > len(sentence) / 64_000
        give_text(ledger, uid, "the second try")
        assert talk.wait_for("completed")[0].transcript == "the second try"


def test_words_come_while_they_are_spoken_and_are_not_taken_back(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    with conversing(web.http_url) as talk:
        talk.update(format=PCM)
        talk.say(sentence[: len(sentence) * 2 // 3])
        (began,) = talk.wait_for("input_audio_buffer.speech_started")
        (opened,) = talk.of("wta.session.opened")
        uid = names.utterance_id(opened.session_id, 1)
        # When a partial comes, expect its words that stay, as a delta
        partial = {"type": "partial", "utterance_id": uid, "seq": 1, "text": "one two tree", "stable_chars": 7}

        def told() -> bool:
            redis_client.publish(names.live_channel(opened.session_id), json.dumps(partial))
            return bool(talk.of("delta"))

        until(told, "no delta came")
        talk.say(sentence[len(sentence) * 2 // 3 :])
        give_text(ledger, in_ledger(redis_client, 1)[0], "one two three")
        (completed,) = talk.wait_for("completed")
    assert [e.delta for e in talk.of("delta")] == ["one two", " three"]
    assert completed.item_id == began.item_id and completed.transcript == "one two three"


@pytest.mark.parametrize(
    ("given", "rate_hz"), [({}, 24_000), ({"format": {"type": "audio/pcmu"}}, 8_000), ({"format": PCM}, 16_000)]
)
def test_audio_comes_as_the_client_says(
    web: Web, workers: FakeWorkers, sentence: bytes, given: dict[str, object], rate_hz: int
) -> None:
    samples = np.frombuffer(sentence, "<i2")
    at = np.arange(len(samples) * rate_hz // 16_000) * 16_000 / rate_hz
    pcm16 = np.interp(at, np.arange(len(samples)), samples)
    # µ-law by its own formula, which the server's table must undo
    loud = np.log1p(255 * np.abs(pcm16) / 32_768) / np.log1p(255) * 127
    mulaw = 255 - (np.where(pcm16 < 0, 128, 0) + np.round(loud).astype(int))
    audio = mulaw.astype("u1").tobytes() if rate_hz == 8_000 else pcm16.astype("<i2").tobytes()
    with conversing(web.http_url) as talk:
        if given:
            talk.update(**given)
        talk.say(audio, size=3_201)  # even within a sample
        (completed,) = talk.wait_for("completed")
        (stopped,) = talk.of("input_audio_buffer.speech_stopped")
    assert completed.transcript == "sentence 1"
    assert len(sentence) / 32 - 1_700 < stopped.audio_end_ms < len(sentence) / 32


def test_what_was_said_can_be_deleted(web: Web, workers: FakeWorkers, ledger: Ledger, sentence: bytes) -> None:
    with conversing(web.http_url) as talk:
        talk.update(format=PCM)
        talk.say(sentence)
        talk.wait_for("completed")
        (opened,) = talk.of("wta.session.opened")
        headers = {"Authorization": f"Bearer {opened.resume_token}"}
        assert httpx.delete(f"{web.http_url}/api/sessions/{opened.session_id}", headers=headers).status_code == 204
        # Expect the client to be told, and the connection to end
        assert talk.wait_until_closed() == 1008
    assert talk.of("error")[0].error.code == "deleted"
    assert ledger.utterances(opened.session_id) == []


def test_what_is_not_understood_is_told_about_its_item(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    with FakeWorkers(redis_client, ledger, fail=lambda seq: seq == 1), conversing(web.http_url) as talk:
        talk.update(format=PCM)
        talk.say(sentence + sentence)
        (failed,) = talk.wait_for("failed")
        (completed,) = talk.wait_for("completed")
    assert "could not be understood" in failed.error.message
    assert failed.item_id != completed.item_id and completed.transcript == "sentence 2"


def test_a_broken_connection_loses_nothing(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    web = make_web(resume_grace_s=0.1)
    with conversing(web.http_url) as talk:
        talk.update(format=PCM)
        talk.say(sentence[: len(sentence) // 2])
        talk.wait_for("input_audio_buffer.speech_started")
    (uid,) = in_ledger(redis_client, 1)
    utterance = ledger.get(uid)
    assert utterance and utterance.stage is Stage.AUDIO
