"""`python -m wta doctor --url` asks through the proxy, and names what it lacks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fastapi_service.web_service import Web
from tests.support.nginx import Nginx
from tests.support.processes import ROOT, free_port
from tests.support.redis_server import RedisServer
from tests.support.stack import wta
from wta.doctor.page_address import check_address


@pytest.fixture(scope="module")
def web(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(redis_server.url, tmp_path_factory.mktemp("web"))
    web.start()
    yield web
    web.process.stop()


def cures(url: str) -> dict[str, str]:
    return {finding.what: finding.mend for finding in check_address(url) if finding.mend}


def test_nothing_is_missing_behind_the_proxy_of_the_recipe(web: Web, tmp_path: Path) -> None:
    with Nginx(tmp_path / "nginx", f"127.0.0.1:{web.port}") as nginx:
        assert cures(nginx.url) == {} == cures(nginx.url.removesuffix("/"))


@pytest.mark.parametrize(
    ("line", "what", "cure"),
    [
        ("X-Forwarded-Host", "WebSocket", "WTA_ALLOWED_ORIGINS=http://127.0.0.1"),
        ("Upgrade", "WebSocket", "Upgrade"),
        ("client_max_body_size", "uploads", "client_max_body_size"),
    ],
)
def test_each_line_that_the_proxy_lacks_is_named(web: Web, tmp_path: Path, line: str, what: str, cure: str) -> None:
    with Nginx(tmp_path / "nginx", f"127.0.0.1:{web.port}", without=line) as nginx:
        missing = cures(nginx.url)
    assert missing.keys() == {what} and cure in missing[what]


def test_a_name_that_the_server_does_not_know_is_named(web: Web, tmp_path: Path) -> None:
    upstream = f"127.0.0.1:{web.port}"
    with Nginx(tmp_path / "nginx", upstream, further="proxy_set_header Host speech.example.org;") as nginx:
        assert "WTA_ALLOWED_HOSTS" in cures(nginx.url)["page"]


def test_a_wrong_path_and_a_dead_proxy_are_said(web: Web) -> None:
    answer = subprocess.run(
        wta("doctor", "--url", f"{web.http_url}/speech"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1 and "below /speech/" in answer.stdout
    assert "does not answer" in next(check_address(f"http://127.0.0.1:{free_port()}")).detail
