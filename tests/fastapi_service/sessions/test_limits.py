"""How many, how long, how large: the bounds of what one client may take."""

from __future__ import annotations

import pytest
import redis
from websockets.sync.client import connect

from fastapi_service.access.client_address import network_of
from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger
from wta.names import CloseCode


def from_address(address: str) -> dict[str, str]:
    """The header by which a proxy on this machine says whose connection it is."""
    return {"X-Forwarded-For": address}


def test_an_address_gets_no_more_than_its_places(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given an address with as many sessions as it may have
    web = make_web(max_sessions_per_ip=2)
    one, other = from_address("192.0.2.1"), from_address("192.0.2.2")
    with Speaker(web.ws_url, headers=one) as first, Speaker(web.ws_url, headers=one) as second:
        first.start()
        second.start()
        # When it wants one more, expect a refusal in words
        with Speaker(web.ws_url, headers=one) as third:
            assert third.until_closed() == CloseCode.FULL
            assert (third.messages[-1]["code"], third.messages[-1]["retryable"]) == ("full", True)
            assert "address" in third.messages[-1]["message"]
        # Expect another address to be let in
        with Speaker(web.ws_url, headers=other) as neighbour:
            neighbour.start()
        # When one session ends, expect its place to be free
        first.order("stop")
        assert first.until_closed() == CloseCode.DONE
        with Speaker(web.ws_url, headers=one) as third:
            third.start()


def test_an_address_has_its_places_in_all_web_processes_together(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web, other_web = make_web(max_sessions_per_ip=1), make_web(max_sessions_per_ip=1)
    one = from_address("192.0.2.1")
    with Speaker(web.ws_url, headers=one) as first:
        first.start()
        wait_until(lambda: not has_place(other_web, one), 20, "the other process never heard of it")
        with Speaker(other_web.ws_url, headers=from_address("192.0.2.2")) as neighbour:
            neighbour.start()
    web.process.kill()
    wait_until(lambda: has_place(other_web, one), 20, "a dead process still holds places")


def has_place(web: Web, headers: dict[str, str]) -> bool:
    with Speaker(web.ws_url, headers=headers) as speaker:
        speaker.order("start", sample_rate=16_000)
        speaker.order("stop")
        return speaker.until_closed() == CloseCode.DONE


def test_nobody_but_a_trusted_proxy_says_whose_address_it_is(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web = make_web(max_sessions_per_ip=1, forwarded_allow_ips="192.0.2.9")
    with Speaker(web.ws_url, headers=from_address("192.0.2.1")) as first:
        first.start()
        with Speaker(web.ws_url, headers=from_address("192.0.2.2")) as second:
            assert second.until_closed() == CloseCode.FULL


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_an_address_is_what_one_household_has(host: str | None, network: str) -> None:
    assert network_of(host) == network


def test_a_session_that_lasts_too_long_is_answered_and_ended(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    # Given a session of two seconds at most
    web = make_web(max_session_s=2)
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        # When they are over, expect the speaker to be told
        over = speaker.receive("error")
        assert (over["code"], over["retryable"]) == ("session_over", False)
        # When more is said all the same
        speaker.say(sentence)  # a sender that has not heard it yet
        # Expect answers to what was said in time, and to nothing else
        answer_all(ledger, ready["session_id"], "what was said in time")
        assert speaker.receive("done")["summary"]["utterances"] == 1
        assert speaker.until_closed() == CloseCode.DONE
        assert [m["text"] for m in speaker.of_type("final")] == ["what was said in time"]
    # Expect it to be over for who comes again
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as again:
        again.start()
        again.receive("error")
        assert again.receive("done")["summary"]["utterances"] == 1


def test_a_server_far_behind_says_how_far_and_takes_no_new_sessions(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    web = make_web()
    # Given a speaker while the queue grows
    with Speaker(web.ws_url) as old:
        token = old.start()["resume_token"]
        told = []
        for waiting_s in (8, 10, 61):
            redis_client.set(names.WAITING_MS, waiting_s * 1000)
            told.append(old.receive("status"))
        # Expect the speaker to be told how far the server is behind
        assert [(m["queue_seconds"], m["level"]) for m in told] == [(8, "busy"), (10, "busy"), (61, "overloaded")]
    # Expect nobody new to be let in
    with Speaker(web.ws_url) as new:
        new.order("start", sample_rate=16_000)
        assert new.until_closed() == CloseCode.FULL
        assert "61 s behind" in new.messages[-1]["message"] and new.messages[-1]["retryable"]
    # Expect the speaker to go on, and to be told when the queue is gone
    with Speaker(web.ws_url, resume_token=token) as old:
        assert old.start()["resumed"], "who was speaking goes on"
        redis_client.delete(names.WAITING_MS)
        while old.receive("status")["level"] != "ok":
            pass


def test_redis_that_is_nearly_full_takes_no_new_sessions(web: Web, redis_client: redis.Redis) -> None:
    # Given a session, and a Redis that is nearly full from then on
    with Speaker(web.ws_url) as old:
        token = old.start()["resume_token"]
    redis_client.config_set("maxmemory", int(redis_client.info("memory")["used_memory"] * 1.25))
    try:
        # Expect nobody new to be let in
        with Speaker(web.ws_url) as new:
            new.order("start", sample_rate=16_000)
            assert new.until_closed() == CloseCode.FULL
            assert "no room" in new.messages[-1]["message"] and new.messages[-1]["retryable"]
        # Expect the session to go on
        with Speaker(web.ws_url, resume_token=token) as old:
            assert old.start()["resumed"]
    finally:
        redis_client.config_set("maxmemory", "1gb")


def test_frames_are_never_compressed(web: Web, redis_client: redis.Redis) -> None:
    with connect(web.ws_url, compression="deflate") as socket:
        assert socket.response is not None and "Sec-WebSocket-Extensions" not in socket.response.headers
        assert not socket.protocol.extensions


@pytest.mark.parametrize("size", [65_536, 65_538])
def test_a_frame_has_at_most_64_kib(web: Web, redis_client: redis.Redis, size: int) -> None:
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        speaker.send(bytes(size))
        speaker.order("stop")
        assert (speaker.until_closed() == CloseCode.DONE) is (size == 65_536)


def test_a_client_that_is_no_browser_needs_no_origin(web: Web, redis_client: redis.Redis) -> None:
    with connect(web.ws_url, origin=None) as socket:
        assert socket.request is not None and "Origin" not in socket.request.headers
        socket.send('{"type": "start", "sample_rate": 16000}')
        assert '"ready"' in str(socket.recv(timeout=20))
