"""Conversations of docs/protocol.md with the real service on a real Redis."""

from __future__ import annotations

import json

import numpy as np
import pytest
import redis
from scipy.signal import resample_poly

from tests.fastapi_service.answers import answer_all, give_sentiment, give_text, heard
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta import names
from wta.health import heartbeat
from wta.ledger import Ledger
from wta.live_audio import LiveAudio, Snapshot
from wta.messages import Partial, parse_server
from wta.names import CloseCode, WorkerKind


def test_a_whole_conversation(web: Web, ledger: Ledger, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        # When somebody says a sentence and stops
        ready = speaker.start()
        assert (ready["next_sample"], ready["resumed"]) == (0, False)
        assert ready["limits"] == {"max_unacked_samples": 480_000, "max_frame_bytes": 65_536, "idle_timeout_s": 60.0}
        speaker.say(sentence)
        ended = speaker.receive("speech_ended")
        speaker.order("stop")
        # Expect all of it to be acknowledged, and one utterance in the ledger
        speaker.until_ack(len(sentence) // 2)
        sid = ready["session_id"]
        assert [u.utterance_id for u in ledger.utterances(sid)] == [ended["utterance_id"]] == [f"{sid}:1"]

        # When workers answer, expect text, then sentiment, then the summary and the end
        give_text(ledger, f"{sid}:1", "one two three")
        final = speaker.receive("final")
        assert (final["text"], final["seq"]) == ("one two three", 1)
        give_sentiment(ledger, f"{sid}:1")
        assert speaker.receive("sentiment")["label"] == "POSITIVE"
        summary = speaker.receive("done")["summary"]
        assert (summary["utterances"], summary["words"], summary["labels"]) == (1, 3, {"POSITIVE": 1})
        assert speaker.until_closed() == CloseCode.DONE
        # Expect every message to be one of the protocol, in its order
        for message in speaker.messages:
            parse_server(json.dumps(message))
        kinds = [m["type"] for m in speaker.messages if m["type"] not in {"ack", "status"}]
        assert kinds == ["ready", "speech_started", "speech_ended", "final", "sentiment", "done"]


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_acks_and_times_are_in_the_clients_own_rate(web: Web, ledger: Ledger, sentence: bytes, rate_hz: int) -> None:
    # Given a client whose sound card has another rate
    samples = resample_poly(np.frombuffer(sentence, dtype="<i2").astype(float), rate_hz, 16_000)
    pcm16 = samples.clip(-32_768, 32_767).astype("<i2").tobytes()
    with Speaker(web.ws_url, rate_hz) as speaker:
        sid = speaker.start()["session_id"]
        # When it says a sentence
        speaker.say(pcm16)
        speaker.order("stop")
        # Expect acknowledgements in its own samples, and times in seconds
        speaker.until_ack(len(pcm16) // 2)
        (utterance,) = ledger.utterances(sid)
        duration_s = len(sentence) / 32_000
        assert 0.5 < utterance.start_s < 1.1
        assert duration_s - 1.5 < utterance.end_s < duration_s
        assert utterance.timings.captured and utterance.timings.cut and utterance.trace_id


def test_silence_is_acknowledged_without_an_utterance(web: Web, ledger: Ledger) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(bytes(2 * 16_000 * 20))
        speaker.until_ack(17 * 16_000)
        speaker.order("stop")
        assert speaker.receive("done")["summary"]["utterances"] == 0
        assert speaker.until_closed() == CloseCode.DONE
        assert ledger.utterances(sid) == []


def test_finalize_ends_the_utterance_at_once(web: Web, redis_client: redis.Redis, sentence: bytes) -> None:
    half = sentence[: len(sentence) // 4 * 2]
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        # Given somebody in mid-sentence
        speaker.say(half)
        speaker.receive("speech_started")
        # When the client says `finalize`
        speaker.order("finalize")
        # Expect the utterance to end there, and the rest to be the next one
        assert speaker.receive("speech_ended")["seq"] == 1
        speaker.until_ack(len(half) // 2)
        speaker.say(sentence[len(half) :])
        assert speaker.receive("speech_ended")["seq"] == 2


def test_finals_come_in_the_order_in_which_workers_finish(web: Web, ledger: Ledger, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        # Given three sentences
        for _ in range(3):
            speaker.say(sentence)
            speaker.receive("speech_ended")
        # When workers finish them in another order, expect the texts in that order
        for seq in (3, 1, 2):
            wait_until(lambda seq=seq: ledger.get(f"{sid}:{seq}"), 10, "not in the ledger")
            give_text(ledger, f"{sid}:{seq}", "words")
            assert speaker.receive("final")["seq"] == seq
        # Expect ends and acknowledgements in the order of speech
        assert [m["seq"] for m in speaker.of_type("speech_ended")] == [1, 2, 3]
        acks = [m["sample"] for m in speaker.of_type("ack")]
        assert acks == sorted(acks)


def test_two_sessions_see_only_their_own(web: Web, ledger: Ledger, sentence: bytes) -> None:
    with Speaker(web.ws_url) as one, Speaker(web.ws_url) as two:
        # Given two who speak at the same time
        ids = [s.start()["session_id"] for s in (one, two)]
        for speaker in (one, two):
            speaker.say(sentence)
        for speaker in (one, two):
            speaker.receive("speech_ended")
            speaker.order("stop")
            speaker.until_ack(len(sentence) // 2)
        # When both are answered
        for sid in ids:
            assert answer_all(ledger, sid, f"words of {sid}")
        # Expect each to hear of its own words alone
        for speaker, sid in zip((one, two), ids, strict=True):
            assert speaker.until_closed() == CloseCode.DONE
            assert [m["text"] for m in speaker.of_type("final")] == [f"words of {sid}"]
            assert {m["utterance_id"] for m in speaker.messages if "utterance_id" in m} == {f"{sid}:1"}


def test_partials_are_asked_for_and_shown_while_the_utterance_is_open(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    live, half = LiveAudio(redis_client), sentence[: len(sentence) // 4 * 2]
    with Speaker(web.ws_url) as speaker:
        # Given somebody in mid-sentence
        sid = speaker.start()["session_id"]
        speaker.say(half)
        speaker.receive("speech_started")
        rest = iter(range(len(half), len(sentence), 640))

        def asked() -> Snapshot | None:
            speaker.socket.send(bytes(640) if (i := next(rest, None)) is None else sentence[i : i + 640])
            return live.pop_snapshot(f"{sid}:1")

        # When more is said, expect a partial to be asked for; when it comes, to be shown
        assert len(wait_until(asked, 10, "no partial was asked for").pcm16) > 32_000
        live.publish(Partial(utterance_id=f"{sid}:1", seq=1, text="one two", stable_chars=3), {})
        assert speaker.receive("partial")["text"] == "one two"

        # When the sentence is over, expect a partial that comes too late not to be shown
        speaker.order("finalize")
        speaker.receive("speech_ended")
        live.publish(Partial(utterance_id=f"{sid}:1", seq=1, text="too late"), {})
        speaker.order("stop")
        speaker.until_ack(16_000)
        answer_all(ledger, sid)
        speaker.until_closed()
        assert [m["text"] for m in speaker.of_type("partial")] == ["one two"]
        assert redis_client.get(names.live_audio_key(f"{sid}:1")) is None


def test_interim_off_asks_for_no_partials(make_web: MakeWeb, redis_client: redis.Redis, sentence: bytes) -> None:
    with Speaker(make_web(partial_interval_ms=200).ws_url, interim=False) as speaker:
        speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        assert not redis_client.exists(names.PARTIAL_QUEUE)


def test_an_audio_task_holds_the_id_alone(web: Web, redis_client: redis.Redis, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(sentence)
        speaker.receive("speech_ended")
        (task,) = redis_client.lrange(names.AUDIO_QUEUE, 0, -1)
        assert f"{sid}:1" not in str(json.loads(task)["properties"])
        assert len(task) < 2_000


def test_a_lost_wake_up_costs_a_poll_only(web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(sentence)
        speaker.receive("speech_ended")
        redis_client.client_kill_filter(_type="pubsub")
        answer_all(ledger, sid)
        assert speaker.receive("sentiment", timeout_s=10)


def test_a_busy_server_says_so(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given a speaker
    web = make_web(max_queue_s=10)
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        # When the queue grows, expect the speaker, and who comes later, to be told
        redis_client.set(names.WAITING_MS, 6_000)
        status = speaker.receive("status")
        assert (status["level"], status["queue_seconds"]) == ("overloaded", 6.0)
        with Speaker(web.ws_url) as late:
            late.start()
            assert late.receive("status")["level"] == "overloaded"
        # When it is gone, expect that to be told
        redis_client.delete(names.WAITING_MS)
        assert speaker.receive("status")["level"] == "ok"


def test_a_full_server_refuses_in_words(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web = make_web(max_sessions=1)
    with Speaker(web.ws_url) as first, Speaker(web.ws_url) as second:
        first.start()
        assert second.until_closed() == CloseCode.FULL
        assert second.messages[-1]["code"] == "full" and second.messages[-1]["retryable"]


def test_a_server_that_is_behind_refuses_new_sessions_but_not_old_ones(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    # Given a session, and a queue that is too long from then on
    web = make_web(max_queue_s=10)
    with Speaker(web.ws_url) as old:
        token = old.start()["resume_token"]
    redis_client.set(names.WAITING_MS, 60_000)
    # Expect nobody new to be let in
    with Speaker(web.ws_url) as new:
        new.order("start", sample_rate=16_000)
        assert new.until_closed() == CloseCode.FULL
        assert "60 s behind" in new.messages[-1]["message"]
    # Expect the session to go on
    with Speaker(web.ws_url, resume_token=token) as old:
        assert old.start()["resumed"]


def test_audio_after_stop_is_an_error(web: Web, redis_client: redis.Redis, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        speaker.order("stop")
        speaker.say(bytes(640))
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        assert speaker.messages[-1]["code"] == "bad_message"


def test_models_of_live_workers_are_named(web: Web, redis_client: redis.Redis) -> None:
    heartbeat.beat(redis_client, WorkerKind.STT, "here:1", {"model": "tiny.en"}, ttl_s=10)
    with Speaker(web.ws_url) as speaker:
        assert speaker.start()["models"] == {"stt": "tiny.en"}


def test_the_idle_are_closed_and_the_waiting_are_not(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given one who never starts, one who starts and says nothing, and one who keeps alive
    web = make_web(idle_timeout_s=1, start_timeout_s=1)
    with Speaker(web.ws_url) as mute, Speaker(web.ws_url) as idle, Speaker(web.ws_url) as alive:
        idle.start()
        alive.start()
        # When more than the idle time passes
        for _ in range(8):
            alive.order("keepalive")
            with pytest.raises(TimeoutError):
                alive.receive("error", timeout_s=0.25)
        # Expect the first two to be closed and the third to be there still
        for speaker in (mute, idle):
            assert speaker.until_closed() == CloseCode.IDLE
            assert speaker.messages[-1]["code"] == "idle"
        alive.order("stop")
        assert alive.until_closed() == CloseCode.DONE


def test_everything_said_is_heard_exactly(web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(sentence * 3, frame_ms=100)
        speaker.order("stop")
        speaker.until_ack(3 * len(sentence) // 2)
        for part in heard(ledger, redis_client, sid):
            assert part.pcm16 == (sentence * 3)[2 * part.start_sample : 2 * part.end_sample]


def test_without_a_sentiment_worker_a_talk_is_done_with_its_texts(
    make_web: MakeWeb, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    with Speaker(make_web().ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(sentence)
        speaker.receive("speech_ended")
        speaker.order("stop")
        give_text(ledger, f"{sid}:1", "one two three")
        assert speaker.receive("final")["text"] == "one two three"
        missing = speaker.receive("error", timeout_s=60)
        assert missing["code"] == "sentiment_missing" and not missing["retryable"]
        assert speaker.receive("done")["summary"]["words"] == 3
        assert speaker.until_closed() == CloseCode.DONE
