"""The names for which Caddy may make a certificate: those of this server, and not without end."""

from __future__ import annotations

import httpx
import pytest

from fastapi_service.api.certificates import CertificateNames
from tests.fastapi_service.web_service import MakeWeb


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


def test_invented_names_come_to_an_end() -> None:
    names = CertificateNames("")
    admitted = [names.admit(f"name{number}.local") for number in range(200)]
    assert sum(admitted) == 100
    assert names.admit("name0.local"), "known ones are renewed"
