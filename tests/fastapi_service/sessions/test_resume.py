"""Connections break: nothing that was said is lost, nothing is heard twice."""

from __future__ import annotations

import signal
from itertools import pairwise

import redis

from tests.fastapi_service.answers import Heard, answer_all, give_text, heard
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta.ledger import Ledger
from wta.names import CloseCode

RESTARTED = {CloseCode.RESTART, 1006}
"""A client that was sending when the server closed may see the reset before the close frame."""


def assert_heard_once(parts: list[Heard], said: bytes, spoken_s: tuple[float, float]) -> None:
    """Every part is exactly what was said there, none overlaps, and nothing that was spoken is missing."""
    assert parts[0].utterance.start_s <= spoken_s[0] and spoken_s[1] <= parts[-1].utterance.end_s
    for part in parts:
        assert part.pcm16 == said[2 * part.start_sample : 2 * part.end_sample]
    for one, next_one in pairwise(parts):
        assert 0 <= next_one.start_sample - one.end_sample < 0.1 * 16_000


def test_a_broken_connection_resumes_in_mid_utterance(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    # Given a connection that breaks in mid-sentence
    half = len(sentence) // 4 * 2
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(sentence[:half])
        speaker.receive("speech_started")
        speaker.drop()
    # When the speaker comes again and goes on where the server says
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        again = speaker.start()
        assert again["resumed"] and again["session_id"] == ready["session_id"]
        assert again["next_sample"] < half // 2
        speaker.say(sentence[2 * again["next_sample"] :])
        speaker.order("stop")
        speaker.until_ack(len(sentence) // 2)
        # Expect one utterance with every sample once
        parts = heard(ledger, redis_client, ready["session_id"])
        assert len(parts) == 1, "an utterance that its speaker goes on with is not cut by a lost connection"
        assert_heard_once(parts, sentence, (1.05, 6.2))
        answer_all(ledger, ready["session_id"])
        assert speaker.until_closed() == CloseCode.DONE


def test_the_words_of_one_who_does_not_come_back_are_kept(web: Web, ledger: Ledger, sentence: bytes) -> None:
    half = len(sentence) // 4 * 2
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(sentence[:half])
        speaker.receive("speech_started")
        speaker.drop()
    (utterance,) = wait_until(lambda: ledger.utterances(sid), 10, "the tail was not written")
    assert utterance.end_s > 1.2


def test_only_missed_events_are_sent_again(web: Web, ledger: Ledger, sentence: bytes) -> None:
    # Given two sentences, and a connection that breaks when the first text was seen
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        sid = ready["session_id"]
        for _ in range(2):
            speaker.say(sentence)
            speaker.receive("speech_ended")
        give_text(ledger, f"{sid}:1", "seen")
        seen = speaker.receive("final")["event_id"]
        speaker.drop()
    wait_until(lambda: len(ledger.utterances(sid)) == 2, 10, "the second utterance was not written")
    # When the second text comes while nobody is there, and then the speaker
    give_text(ledger, f"{sid}:2", "missed")
    with Speaker(web.ws_url, resume_token=ready["resume_token"], last_event_id=seen) as speaker:
        speaker.start()
        # Expect the second text alone
        assert speaker.receive("final")["text"] == "missed"
        assert [m["text"] for m in speaker.of_type("final")] == ["missed"]


def test_a_second_connection_takes_over(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url) as old:
        token = old.start()["resume_token"]
        with Speaker(web.ws_url, resume_token=token) as new:
            assert new.start()["resumed"]
            assert old.until_closed() == CloseCode.BAD_MESSAGE
            assert (old.messages[-1]["code"], old.messages[-1]["retryable"]) == ("taken_over", False)
            new.order("stop")
            assert new.until_closed() == CloseCode.DONE


def test_a_take_over_by_another_process_fences_the_older_at_its_next_word(
    web: Web, make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    replica = make_web()
    with Speaker(web.ws_url) as old, Speaker(replica.ws_url) as other:
        token = old.start()["resume_token"]
        other.fields["resume_token"] = token
        other.start()
        old.say(bytes(2 * 16_000 * 5))
        assert old.until_closed() == CloseCode.BAD_MESSAGE
        assert old.messages[-1]["code"] == "taken_over"


def test_a_session_keeps_its_rate(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url) as speaker:
        token = speaker.start()["resume_token"]
    with Speaker(web.ws_url, rate_hz=48_000, resume_token=token) as speaker:
        speaker.order("start", sample_rate=48_000, resume_token=token)
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        assert speaker.messages[-1]["code"] == "rate_changed"


def test_a_server_that_is_told_to_stop_keeps_what_was_said(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    # Given somebody in mid-sentence
    web, half = make_web(), len(sentence) // 4 * 2
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(sentence[:half])
        speaker.receive("speech_started")
        # When the server is told to stop
        web.process.signal(signal.SIGTERM)
        assert speaker.until_closed() in RESTARTED
    assert web.process.wait() == -signal.SIGTERM
    # Expect what was said to be in the ledger
    (tail,) = ledger.utterances(ready["session_id"])
    assert tail.end_s > 2
    # When the server is back and the speaker goes on
    web.start()
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        next_sample = speaker.start()["next_sample"]
        assert next_sample >= tail.end_s * 16_000 - 1
        speaker.say(sentence[2 * next_sample :])
        speaker.order("stop")
        speaker.until_ack(len(sentence) // 2)
        # Expect every sample once
        assert_heard_once(heard(ledger, redis_client, ready["session_id"]), sentence, (1.05, 6.2))


def test_a_server_that_is_killed_loses_nothing_that_was_acknowledged(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    # Given two sentences, one of them acknowledged
    web, said = make_web(), sentence * 2
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(said[: len(sentence) + len(sentence) // 4 * 2])
        speaker.receive("speech_ended")
        acknowledged = speaker.receive("ack")["sample"]
        # When the server is killed, started again, and the speaker goes on
        web.process.kill()
        speaker.until_closed()
    web.start()
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        next_sample = speaker.start()["next_sample"]
        # Expect nothing acknowledged to be asked for again
        assert next_sample >= acknowledged
        speaker.say(said[2 * next_sample :])
        speaker.order("stop")
        speaker.until_ack(len(said) // 2)
        # Expect both sentences, sample by sample
        parts = heard(ledger, redis_client, ready["session_id"])
        assert [p.utterance.seq for p in parts] == [1, 2]
        for part in parts:
            assert part.pcm16 == said[2 * part.start_sample : 2 * part.end_sample]
