"""Names of the server: another site's name that points to this machine reaches nothing."""

from __future__ import annotations

import socket

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fastapi_service.access.server_names import allowed_hosts, is_allowed
from tests.fastapi_service.web_service import MakeWeb, Web


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8000", True), ("127.0.0.1:8000", True), ("[::1]:8000", True), ("192.168.1.7", True),
        ("fastapi_service:8000", True), ("laptop.local", True), ("a.localhost:8000", True), ("", True),
        ("server.lan", True), ("lan.evil.example", False),
        ("wta.example.org", True), ("WTA.example.org:443", True), ("talk.example.net", True),
        ("evil.example", False), ("wta.example.org.evil.example", False), ("example.net", False),
        ("127.0.0.1.evil.example", False), ("evil.example:8000", False),
    ],
)  # fmt: skip
def test_a_name_is_allowed_only_where_it_is_the_servers_own(host: str, allowed: bool) -> None:
    assert is_allowed(host, allowed_hosts("wta.example.org, *.example.net")) is allowed


def test_every_name_may_be_allowed() -> None:
    assert is_allowed("evil.example", allowed_hosts("*"))


def test_a_rebound_name_reaches_neither_routes_nor_sockets(web: Web) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    for path in ("/", "/metrics", "/api/config", "/static/main.js"):
        answer = httpx.get(web.http_url + path, headers=headers)
        assert answer.status_code == 421 and "WTA_ALLOWED_HOSTS" in answer.text
    here = socket.create_connection(("127.0.0.1", web.port))
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://evil.example:{web.port}/ws/audio", sock=here, origin="http://evil.example").close()  # type: ignore[arg-type]


def test_a_name_in_the_settings_is_served(make_web: MakeWeb) -> None:
    web = make_web(allowed_hosts="wta.example.org")
    assert httpx.get(web.http_url + "/healthz", headers={"Host": "wta.example.org"}).is_success
