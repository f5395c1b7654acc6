"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from tests.browser.support.listener_page import OpenPage, opening_pages
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.receiver import Receiver
from tests.support.redis_server import RedisServer
from tests.support.require import module
from tests.support.stack import Stack
from wta.ledger import Ledger
from wta.settings import Settings

os.environ.setdefault("WHISPER_MODEL", "tiny.en")
"""For every process that tests start: which model `auto` stands for depends on the machine, and takes time to find."""

if TYPE_CHECKING:
    from playwright.sync_api import Playwright


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis, shared by the tests of one run."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client of the shared Redis, emptied before the test."""
    client = redis_server.client()
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path) -> Settings:
    """Settings for one test: its own folders, short leases."""
    return Settings(
        redis_url=redis_server.url,
        state_dir=tmp_path / "run",
        result_log=tmp_path / "result_listener.log",
        lease_s=1.0,
        requeue_s=1.0,
    )


@pytest.fixture
def ledger(redis_client: redis.Redis, settings: Settings) -> Ledger:
    """The ledger in the shared Redis, empty before the test."""
    return Ledger(redis_client, settings)


@pytest.fixture
def make_web(redis_server: RedisServer, tmp_path: Path) -> Iterator[MakeWeb]:
    """A web service of the test's own, with other settings."""
    made: list[Web] = []

    def make(redis_url: str = redis_server.url, **settings: object) -> Web:
        folder = tmp_path / f"web{len(made)}"
        folder.mkdir()
        made.append(Web(redis_url, folder, **settings))
        made[-1].start()
        return made[-1]

    yield make
    for web in made:
        web.process.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody else's server, which is told of results."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole system, shared by the tests of one run: do not kill its parts, make a Stack of your own for that."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver, which the tests of a module share. It has an event loop, so that no test beside them may."""
    module("playwright", "pip install -r requirements-dev.txt")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_page(playwright: Playwright) -> Iterator[OpenPage]:
    """Call it with an address, a WAV and what else `ListenerPage.open` takes; each call is a browser of its own."""
    with opening_pages(playwright) as open_page:
        yield open_page
