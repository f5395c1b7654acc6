"""The names for which Caddy may make a certificate: those of this server, and not without end."""

from __future__ import annotations

import httpx
import pytest

from fastapi_service.api.certificates import CertificateNames
from tests.fastapi_service.web_service import MakeWeb, Web


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost", 200), ("192.168.1.7", 200), ("::1", 200), ("server", 200), ("server.lan", 200),
        ("wta.example.org", 200), ("evil.example", 403), ("", 403),
    ],
)  # fmt: skip
def test_only_a_name_of_this_server_gets_a_certificate(make_web: MakeWeb, name: str, status: int) -> None:
    web = make_web(allowed_hosts="wta.example.org")
    assert httpx.get(f"{web.http_url}/api/certificate", params={"domain": name}).status_code == status


def test_nobody_outside_may_ask(web: Web) -> None:
    asked = httpx.get(f"{web.http_url}/api/certificate?domain=server", headers={"X-Forwarded-For": "192.0.2.1"})
    assert asked.status_code == 404


def test_invented_names_come_to_an_end_and_lock_nobody_out_for_long() -> None:
    now = 0.0
    names = CertificateNames("", lambda: now)
    now = 1.0
    admitted = [names.admit(f"name{number}.local") for number in range(200)]
    assert sum(admitted) == 100
    assert names.admit("name0.local"), "known ones are renewed"
    assert not names.admit("real.lan")
    now += 3601
    assert names.admit("real.lan")
