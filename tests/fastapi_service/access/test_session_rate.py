"""New sessions have a rate for each address and key, and are forgotten soon when nothing is said in them."""

from __future__ import annotations

import time

import httpx
import pytest
import redis

from fastapi_service.access import session_rate
from fastapi_service.access.session_rate import SessionRate, TooManySessionsError
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb
from tests.support.wait import wait_until
from wta import names
from wta.ledger import UNUSED_TTL_S, Ledger
from wta.names import CloseCode
from wta.settings import Settings


@pytest.fixture
def rate(redis_client: redis.Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> SessionRate:
    monkeypatch.setattr(session_rate.time, "time", lambda: 600.0)
    return SessionRate(redis_client, settings.model_copy(update={"max_new_sessions_per_minute": 2}))


def test_an_address_that_opens_too_many_is_refused_and_no_other(rate: SessionRate) -> None:
    for _ in range(2):
        rate.check("2001:db8::1", None)
    with pytest.raises(TooManySessionsError, match="address"):
        rate.check("2001:db8::2", None)
    rate.check("2001:db9::1", None)


def test_a_key_that_opens_too_many_is_refused_from_everywhere(rate: SessionRate) -> None:
    rate.check("10.0.0.1", "anna")
    rate.check("10.0.0.2", "anna")
    with pytest.raises(TooManySessionsError, match="key"):
        rate.check("10.0.0.3", "anna")
    rate.check("10.0.0.3", "bert")


def test_a_minute_later_everybody_may_again(rate: SessionRate, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        rate.check("10.0.0.1", None)
    monkeypatch.setattr(session_rate.time, "time", lambda: 660.0)
    rate.check("10.0.0.1", None)


def test_every_way_in_is_told_in_its_own_words(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given a server on which one session a minute may be opened, which is open
    web = make_web(max_new_sessions_per_minute=1)
    wait_until(lambda: time.time() % 60 < 40, 30, "the minute does not end")
    with Speaker(web.ws_url) as first:
        resume_token = first.start()["resume_token"]
    # When more are to be opened in the same minute
    with Speaker(web.ws_url) as second:
        second.order("start", **second.fields)
        code = second.until_closed()
        file = httpx.post(f"{web.http_url}/api/files", json={"size_bytes": 10})
        # Expect refusals with words, and a time to wait
        assert code == CloseCode.FULL and second.of_type("error")[0]["code"] == "too_many_sessions"
    assert file.status_code == 429 and 0 < int(file.headers["retry-after"]) <= 60
    # When the first is resumed, expect that this is free
    with Speaker(web.ws_url, resume_token=resume_token) as again:
        assert again.start()["resumed"]


def test_a_session_in_which_nothing_is_said_is_forgotten_soon(ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given a session that was opened, and resumed without a word
    session = ledger.resume_session(ledger.open_session(16_000).resume_token)
    key = names.session_key(session.session_id)
    assert redis_client.ttl(key) <= UNUSED_TTL_S
    # When something is heard, expect it to be kept
    ledger.acknowledge(session, 1, 1)
    assert redis_client.ttl(key) > UNUSED_TTL_S


def test_a_session_that_is_held_open_is_kept(ledger: Ledger, redis_client: redis.Redis) -> None:
    session = ledger.open_session(16_000)
    ledger.keep_session(session.session_id)
    assert redis_client.ttl(names.session_key(session.session_id)) > UNUSED_TTL_S


def test_a_file_that_never_comes_is_forgotten_soon(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    opened = httpx.post(f"{make_web().http_url}/api/files", json={"size_bytes": 10}).json()
    for key in (names.session_key(opened["session_id"]), names.file_key(opened["session_id"])):
        assert 0 < redis_client.ttl(key) <= UNUSED_TTL_S
