"""The page behind somebody's own nginx, with the recipe of docs/deploy.md, below a path."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support.files import choose
from tests.browser.support.listener_page import OpenPage
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb
from tests.support.nginx import Nginx
from tests.support.wait import wait_until


def test_the_page_works_below_a_path_of_a_proxy_without_further_settings(
    make_web: MakeWeb, open_page: OpenPage, hum: Path, tmp_path: Path
) -> None:
    # Given the page behind nginx, whose Host is not the one that the service sees
    web = make_web()
    with Nginx(tmp_path / "nginx", f"127.0.0.1:{web.port}") as nginx:
        page = open_page(nginx.url.removesuffix("/"), hum)
        # When somebody speaks, expect the WebSocket to open
        page.toggle()
        page.wait_state("open")
        page.toggle()
        # When a file larger than nginx's own limit is sent, expect it to be taken
        with page.page.expect_response(lambda answer: answer.request.method == "PUT") as put:
            choose(page, hum)
        assert put.value.status == 202
        assert page.complaints == []
        # When the dashboard is opened, expect it to be there too
        page.page.goto(f"{nginx.url}dashboard")
        page.page.wait_for_selector("html[data-ready]")


def test_a_page_whose_address_is_not_known_says_which_setting_allows_it(
    make_web: MakeWeb, open_page: OpenPage, hum: Path, tmp_path: Path
) -> None:
    # Given a proxy that does not say by which name it was asked
    web = make_web()
    with Nginx(tmp_path / "nginx", f"127.0.0.1:{web.port}", without="X-Forwarded-Host") as nginx:
        page = open_page(nginx.url, hum)
        allow = f"WTA_ALLOWED_ORIGINS=http://127.0.0.1:{nginx.port}"
        # When somebody speaks, or sends a file, expect the page and the log to say what to set
        page.toggle()
        assert allow in page.wait_problem("foreign")
        choose(page, hum)
        page.page.wait_for_selector(f".file:has-text('{allow}')")
        wait_until(lambda: allow in web.log(), 20, "nothing is in the log")


def test_the_proxy_and_the_service_may_have_ipv6_addresses(make_web: MakeWeb, tmp_path: Path) -> None:
    web = make_web(host="::1")
    with Nginx(tmp_path / "nginx", f"[::1]:{web.port}", address="[::1]") as nginx:
        origin = nginx.url.removesuffix("/speech/")
        with Speaker(f"{nginx.url}ws/audio".replace("http", "ws"), headers={"Origin": origin}) as speaker:
            assert speaker.start()["type"] == "ready"
