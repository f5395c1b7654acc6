"""Senders faster than speech, readers slower than words."""

from __future__ import annotations

import json
import time

import pytest
import redis

from fastapi_service.sessions.flow_control import FlowControl, window_samples
from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta import names
from wta.errors import ProtocolError
from wta.ledger import Ledger
from wta.names import CloseCode
from wta.settings import Settings

_MORE_THAN_IS_KEPT = 60
"""Messages of 1 MB: the client keeps 16 that nobody reads, and the sockets a few MB."""


def test_a_sender_within_the_window_is_never_closed(
    web: Web, ledger: Ledger, workers: FakeWorkers, sentence: bytes
) -> None:
    # Given two minutes of speech
    said = (sentence * 20)[: 2 * 16_000 * 120]
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        window, acked, sent = ready["limits"]["max_unacked_samples"], 0, 0
        # When they are sent as fast as the window allows
        while sent < len(said) // 2:
            until = min(len(said) // 2, acked + window)
            speaker.say(said[2 * sent : 2 * until])
            sent = until
            if sent < len(said) // 2:
                acked = speaker.receive("ack")["sample"]
        # Expect all of it to be taken
        speaker.order("stop")
        speaker.until_ack(len(said) // 2)
        assert len(ledger.utterances(ready["session_id"])) >= 15


def test_speech_longer_than_the_longest_utterance_never_stalls_a_full_window(
    make_web: MakeWeb, redis_client: redis.Redis, workers: FakeWorkers, sentence: bytes
) -> None:
    unbroken = sentence[2 * 17_600 : 2 * 97_600] * 16
    with Speaker(make_web(max_utterance_s=28, max_unacked_s=25).ws_url) as speaker:
        window, acked, sent = speaker.start()["limits"]["max_unacked_samples"], 0, 0
        while sent < len(unbroken) // 2:
            until = min(len(unbroken) // 2, acked + window)
            speaker.say(unbroken[2 * sent : 2 * until])
            sent = until
            acked = speaker.receive("ack")["sample"] if sent < len(unbroken) // 2 else acked


def test_a_sender_that_ignores_the_window_is_closed(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url, rate_hz=8_000) as speaker:
        speaker.start()
        for _ in range(60):
            speaker.say(bytes(2 * 8_000 * 10), frame_ms=1_000)
        assert speaker.until_closed() == CloseCode.TOO_FAST
        assert (speaker.messages[-1]["code"], speaker.messages[-1]["retryable"]) == ("too_fast", True)


def test_flow_counts_strikes_not_seconds() -> None:
    flow = FlowControl(window=100, start=1_000)
    assert not flow.receive(100)
    assert [flow.receive(1) for _ in range(3)] == [True] * 3
    with pytest.raises(ProtocolError, match="faster"):
        flow.receive(1)


def test_a_window_always_holds_the_longest_utterance() -> None:
    assert window_samples(Settings(max_unacked_s=25, max_utterance_s=28), 16_000) == 33 * 16_000


def test_a_reader_that_does_not_read_is_closed_and_can_resume(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger
) -> None:
    # Given a speaker who reads nothing
    web = make_web(send_timeout_s=1)
    text = "word " * 200_000
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        key = names.events_key(ready["session_id"])
        final = {"type": "final", "utterance_id": f"{ready['session_id']}:1", "seq": 1, "start": 0, "end": 1}
        began = time.monotonic()
        # When more is to be said than fits into the socket's buffers
        for _ in range(_MORE_THAN_IS_KEPT):
            redis_client.xadd(key, {"json": json.dumps(final | {"text": text})})
        redis_client.publish(names.wakeup_channel(ready["session_id"]), "")
        # Expect the connection to be closed after the time for sending, and no sooner
        wait_until(lambda: f"disconnected session={ready['session_id']}" in web.log(), 20, "still connected")
        assert time.monotonic() - began > 1, "it was the reader that went away"
    redis_client.delete(key)
    # Expect the session to go on over another connection
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        assert speaker.start()["resumed"]
