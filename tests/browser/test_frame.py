"""The page in a frame of another page, as portals and Home Assistant show it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.scripted_server import ScriptedServer


@pytest.fixture
def portal(request: pytest.FixtureRequest) -> Iterator[ThreadingHTTPServer]:
    """Another site, which shows in a frame what its address names behind `?`."""

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe allow="microphone" src="{self.path.partition("?")[2]}"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_somebody_speaks_into_a_page_within_another(
    portal: ThreadingHTTPServer, open_page: OpenPage, hum: Path
) -> None:
    origin = f"http://127.0.0.1:{portal.server_port}"
    with ScriptedServer(frame_ancestors=origin) as server:
        page = open_page(server.url, hum)
        page.page.goto(f"{origin}/?{server.url}")
        page.page.frame_locator("iframe").locator("#toggle").click()
        visit = server.visit()
        visit.ready()
        visit.wait_audio(1)
        assert any(visit.audio)


def test_nobody_else_may_show_the_page(
    portal: ThreadingHTTPServer, server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    page = open_page(server.url, hum)
    with page.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.page.goto(f"http://127.0.0.1:{portal.server_port}/?{server.url}")
    assert page.page.frame_locator("iframe").locator("#toggle").count() == 0
