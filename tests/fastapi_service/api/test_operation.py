"""What operators and programs around the service rely on: ids, health, caching, HEAD, a loop that nobody stops."""

from __future__ import annotations

import mimetypes
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import httpx
import pytest
import redis
from fastapi import FastAPI

from fastapi_service.api import health
from fastapi_service.service import create_app
from tests.fastapi_service.web_service import Web
from wta import names
from wta.ledger import Ledger, Utterance
from wta.names import Stage
from wta.settings import Settings


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/main.js", "/nowhere", "/api/sessions/x", "/v1/models"])
def test_every_answer_has_an_id_of_its_own(web: Web, path: str) -> None:
    ids = {httpx.get(f"{web.http_url}{path}").headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2


def test_the_page_answers_head(web: Web) -> None:
    assert httpx.head(web.http_url).status_code == 200


def test_browsers_keep_no_answer_of_the_api_and_ask_again_for_the_page(web: Web) -> None:
    def kept(path: str) -> str:
        return httpx.get(f"{web.http_url}{path}").headers["cache-control"]

    assert kept("/") == kept("/static/main.js") == "no-cache"
    assert kept("/api/config") == kept("/api/sessions/x") == kept("/v1/models") == "no-store"


@pytest.mark.parametrize(("path", "media_type"), [("main.js", "text/javascript"), ("styles/page.css", "text/css")])
async def test_modules_keep_their_type_where_the_system_names_another(path: str, media_type: str) -> None:
    mimetypes.add_type("text/plain", Path(path).suffix)  # as the registry of Windows may do
    app = create_app(Settings(_env_file=None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get(f"/static/{path}")
    assert answer.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize(("ago_s", "status"), [(1, 200), (31, 503)])
async def test_a_process_whose_housekeeping_stands_still_is_not_healthy(ago_s: float, status: int) -> None:
    app = FastAPI()
    app.include_router(health.router)
    app.state.server = SimpleNamespace(housekept_at=time.monotonic() - ago_s)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/healthz")).status_code == status


def test_a_long_session_is_shown_while_others_are_served(web: Web, redis_client: redis.Redis, ledger: Ledger) -> None:
    # Given a talk of some hours
    session = ledger.open_session(16_000)
    count = 6_000
    done = Utterance("", Stage.DONE, 0.0, 1.0, "trace", text="some words that were said", score=0.9)
    with redis_client.pipeline(transaction=False) as pipe:
        for seq in range(1, count + 1):
            uid = names.utterance_id(session.session_id, seq)
            pipe.hset(names.utterance_key(uid), mapping={**replace(done, utterance_id=uid).to_hash(), "stage": "done"})
        pipe.hset(names.session_key(session.session_id), "next_seq", count + 1)
        pipe.execute()
    found: list[httpx.Response] = []

    def ask() -> None:
        headers = {"Authorization": f"Bearer {session.resume_token}"}
        found.append(httpx.get(f"{web.http_url}/api/sessions/{session.session_id}", headers=headers, timeout=60))

    # When somebody reads it, expect others to be answered meanwhile
    asking, others = Thread(target=ask), 0
    asking.start()
    with httpx.Client() as client:
        while asking.is_alive():
            others += client.get(f"{web.http_url}/healthz").is_success
    assert len(found[0].json()["utterances"]) == count and others > 5
