"""The HTTP side: health, readiness, results, headers, the page."""

from __future__ import annotations

import httpx
import pytest
import redis

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.processes import free_port
from tests.support.wait import wait_until
from wta.health import heartbeat
from wta.ledger import Ledger
from wta.names import WorkerKind


def test_ready_names_what_is_missing(web: Web, redis_client: redis.Redis) -> None:
    url = f"{web.http_url}/readyz"
    answer = httpx.get(url)
    assert (answer.status_code, answer.json()["missing"]) == (503, ["stt_worker", "analyzer_worker"])
    heartbeat.beat(redis_client, WorkerKind.STT, "host:1", {"model": "tiny.en"}, ttl_s=10)
    assert httpx.get(url).json()["missing"] == ["analyzer_worker"]
    heartbeat.beat(redis_client, WorkerKind.ANALYZER, "host:2", {"model": "distilbert"}, ttl_s=10)
    answer = httpx.get(url)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "missing": []})


def test_without_redis_the_service_is_healthy_but_not_ready(make_web: MakeWeb) -> None:
    web = make_web(redis_url="redis://127.0.0.1:1/0")
    assert httpx.get(f"{web.http_url}/healthz").status_code == 200
    answer = httpx.get(f"{web.http_url}/readyz", timeout=20)
    assert (answer.status_code, answer.json()["missing"]) == (503, ["redis"])
    assert httpx.get(f"{web.http_url}/api/sessions/0123456789abcdef", timeout=20).status_code == 503


def test_without_the_redis_of_the_queues_the_service_is_not_ready(make_web: MakeWeb) -> None:
    web = make_web(live_redis_url="redis://127.0.0.1:1/0")
    answer = httpx.get(f"{web.http_url}/readyz", timeout=20)
    assert (answer.status_code, answer.json()["missing"]) == (503, ["redis"])


def test_results_are_for_the_sessions_own_token(web: Web, ledger: Ledger, sentence: bytes) -> None:
    # Given a session with a result, and one of a stranger
    with Speaker(web.ws_url) as speaker, Speaker(web.ws_url) as stranger:
        ready, other = speaker.start(), stranger.start()
        sid = ready["session_id"]
        speaker.say(sentence)
        speaker.receive("speech_ended")
        answer_all(ledger, sid, "some words")

        def get(token: str | None, session_id: str = sid) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return httpx.get(f"{web.http_url}/api/sessions/{session_id}", headers=headers)

        # Expect the session's own token to get the result
        found = get(ready["resume_token"]).json()
        assert [(u["seq"], u["text"], u["label"]) for u in found["utterances"]] == [(1, "some words", "POSITIVE")]
        assert found["summary"]["words"] == 2
        # Expect no other credential to learn even that there is one
        for refused in (get(None), get(other["resume_token"]), get(ready["resume_token"], other["session_id"])):
            assert refused.status_code == 404
            assert "some words" not in refused.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/main.js", "/nowhere"])
def test_every_answer_has_the_security_headers(web: Web, path: str) -> None:
    headers = httpx.get(f"{web.http_url}{path}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_the_page_is_served(web: Web) -> None:
    answer = httpx.get(web.http_url)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def test_prometheus_gets_figures_of_this_process_and_the_ledger(web: Web) -> None:
    def figures() -> dict[str, float]:
        answer = httpx.get(f"{web.http_url}/metrics")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
        rows = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}

    refused = 'wta_closed_total{code="4400"}'
    # Given what was counted until now
    before = figures().get(refused, 0)

    # When somebody speaks, and then talks nonsense
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        # Expect the session to be seen while it lasts
        now = figures()
        assert (now["wta_sessions"], now["wta_redis_up"], now["wta_queue_seconds"]) == (1, 1, 0)
        speaker.send("not JSON")
        assert speaker.until_closed() == 4400
    # Expect its end to be counted under its close code
    wait_until(lambda: figures().get(refused) == before + 1, 5, "the close was not counted")
    assert figures()["wta_sessions"] == 0


def test_metrics_are_for_this_machine_and_have_a_port_of_their_own_for_others(make_web: MakeWeb) -> None:
    # Given a service with a port for Prometheus
    port = free_port()
    web = make_web(metrics_port=port)
    # When somebody comes through a proxy, expect no figures at the public port
    answer = httpx.get(f"{web.http_url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 404 and "wta_" not in answer.text
    # Expect them on this machine, and at the port for Prometheus
    assert "wta_sessions" in httpx.get(f"{web.http_url}/metrics").text
    assert "wta_sessions" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
