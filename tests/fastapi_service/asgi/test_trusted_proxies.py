"""Whose word about the name of this server is believed."""

from __future__ import annotations

import json

import httpx
import pytest
import redis

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from wta.names import CloseCode

PUBLIC = "https://speech.example.org"


def proxied(host: str, **further: str) -> dict[str, str]:
    return {"Origin": PUBLIC, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https"} | further


@pytest.mark.parametrize("host", ["speech.example.org", "speech.example.org:443", "speech.example.org, inner.example"])
def test_a_page_is_our_own_if_a_trusted_proxy_was_asked_by_its_name(web: Web, host: str) -> None:
    with Speaker(web.ws_url, headers=proxied(host)) as speaker:
        speaker.start()


@pytest.mark.parametrize("host", ["other.example.org", "speech.example.org:8443", "", "[", "speech.example.org:x"])
def test_a_page_of_another_address_is_refused_with_the_setting_that_allows_it(web: Web, host: str) -> None:
    with Speaker(web.ws_url, headers=proxied(host)) as speaker:
        assert speaker.until_closed() == CloseCode.UNAUTHORIZED
        last = speaker.messages[-1]
    assert last["code"] == "origin_refused" and f"WTA_ALLOWED_ORIGINS={PUBLIC}" in last["message"]


def test_nobody_but_a_trusted_proxy_says_by_which_name_it_was_asked(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    web = make_web(forwarded_allow_ips="192.0.2.9", allowed_origins="https://a.example")
    with Speaker(web.ws_url, headers=proxied("speech.example.org")) as speaker:
        assert speaker.until_closed() == CloseCode.UNAUTHORIZED
    assert f"set WTA_ALLOWED_ORIGINS=https://a.example,{PUBLIC}" in web.log()


def test_a_rebound_name_is_not_helped_by_what_its_page_can_send(web: Web) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    answer = httpx.get(f"{web.http_url}/metrics", headers=headers)
    assert answer.status_code == 421


def test_refused_names_are_logged_once_each_with_the_value_to_set(make_web: MakeWeb) -> None:
    # Given a service that has a name already
    web = make_web(allowed_hosts="wta.example.org")
    # When it is asked by others, some of which nobody could have
    for name in ("talk.example.org", "talk.example.org:8000", "a b.example", "x" * 300 + ".example", "["):
        answer = httpx.get(f"{web.http_url}/", headers={"Host": name})
        assert answer.status_code == 421 or name == "["
    for number in range(50):
        httpx.get(f"{web.http_url}/", headers={"Host": f"n{number}.example"})
    # Expect one line each, and an end of them
    lines = [line for line in web.log().splitlines() if "was refused" in line]
    assert "set WTA_ALLOWED_HOSTS=wta.example.org,talk.example.org" in lines[0]
    assert len(lines) == 20
    assert "WTA_ALLOWED_HOSTS=talk.example.org" in httpx.get(web.http_url, headers={"Host": "talk.example.org"}).text
    assert json.dumps("a b.example") not in web.log()
