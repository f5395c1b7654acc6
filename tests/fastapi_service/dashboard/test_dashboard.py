"""The dashboard's HTTP side: who gets in, what is shown, and that all web processes show the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis
from typer.testing import CliRunner

from fastapi_service.dashboard.admins import MAX_GUESSES
from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.ledger_entries import append, give_up, heard, judged, not_understood
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta import names
from wta.cli.app import app
from wta.health import heartbeat
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger
from wta.messages import Timings
from wta.names import Stage, WorkerKind
from wta.settings import Settings

ADMIN, SPEAKER = new_key(), new_key()
Webs = tuple[Web, Web]
_CHANGING = ("at_s", "longest_s", "memory_bytes", "utterances_per_minute", "audio_seconds_per_minute", "minutes")
"""With every look, or with every minute."""


@pytest.fixture(scope="module")
def webs(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webs]:
    """Two web processes on one Redis."""
    keys = {"admin_keys": f"anna:{hash_secret(ADMIN)}", "api_keys": f"bert:{hash_secret(SPEAKER)}"}
    made = [Web(redis_server.url, tmp_path_factory.mktemp(f"web{n}"), resume_grace_s=0.5, **keys) for n in (1, 2)]
    for web in made:
        web.start()
    yield made[0], made[1]
    for web in made:
        web.process.stop()
        log = web.log()
        assert "Traceback" not in log and ADMIN not in log and hash_secret(ADMIN) not in log


def ask(web: Web, method: str, path: str, credential: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return httpx.request(method, f"{web.http_url}/api/dashboard{path}", headers=headers)


def sign_in(web: Web, key: str = ADMIN) -> str:
    answer = ask(web, "POST", "/session", key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def snapshot(web: Web, token: str) -> dict[str, Any]:
    answer = ask(web, "GET", "", token)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store", answer.text
    return dict(answer.json())


def test_without_an_admin_key_there_is_nothing_to_see(web: Web) -> None:
    assert httpx.get(f"{web.http_url}/dashboard").status_code == 200, "the page says how to make a key"
    for method, path in (("POST", "/session"), ("GET", ""), ("DELETE", "/dead/0123456789abcdef:1")):
        answer = ask(web, method, path, ADMIN)
        assert answer.status_code == 404 and "no admin key" in answer.json()["detail"]


def test_a_token_is_got_for_the_key_and_is_good_for_every_web_process(webs: Webs, redis_client: redis.Redis) -> None:
    token = sign_in(webs[0])
    assert snapshot(webs[1], token)["live"] == 0
    stored = str([redis_client.get(key) for key in redis_client.scan_iter("dashboard:token:*")])
    assert token not in str(list(redis_client.scan_iter())) + stored and "anna" in stored
    assert all(redis_client.ttl(key) > 0 for key in redis_client.scan_iter("dashboard:*"))
    assert ask(webs[1], "DELETE", "/session", token).status_code == 204
    assert ask(webs[0], "GET", "", token).status_code == 401


@pytest.mark.parametrize("wrong", [None, "x", ADMIN[:-1], SPEAKER, hash_secret(ADMIN)])
def test_nobody_without_an_admin_key_gets_in(webs: Webs, redis_client: redis.Redis, wrong: str | None) -> None:
    for method, path in (("POST", "/session"), ("GET", ""), ("POST", "/dead/0123456789abcdef:1/retry")):
        answer = ask(webs[0], method, path, wrong)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_keys_and_tokens_do_what_they_are_for_alone(webs: Webs, redis_client: redis.Redis) -> None:
    assert ask(webs[0], "GET", "", ADMIN).status_code == 401, "a key is no token"
    token = sign_in(webs[0])
    for credential in (ADMIN, token):
        answer = httpx.post(f"{webs[0].http_url}/api/token", headers={"Authorization": f"Bearer {credential}"})
        assert answer.status_code == 401, "who looks may not speak"
    answer = httpx.post(f"{webs[0].http_url}/api/token", headers={"Authorization": f"Bearer {SPEAKER}"})
    assert ask(webs[0], "GET", "", answer.json()["token"]).status_code == 401, "who speaks may not look"


def test_a_key_that_is_taken_back_ends_its_sign_ins(make_web: MakeWeb, webs: Webs, redis_client: redis.Redis) -> None:
    token = sign_in(webs[0])
    assert ask(make_web(admin_keys=f"carl:{hash_secret(SPEAKER)}"), "GET", "", token).status_code == 401


def test_guesses_are_counted_for_all_web_processes_together(webs: Webs, redis_client: redis.Redis) -> None:
    # When somebody guesses keys, at one process and the other in turn
    answers = [ask(webs[n % 2], "POST", "/session", f"guess {n}") for n in range(2 * MAX_GUESSES)]
    codes = [answer.status_code for answer in answers]
    # Expect a refusal after so many guesses (more where the minute ends in between)
    assert codes[:MAX_GUESSES] == [401] * MAX_GUESSES and 429 in codes
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60 and "Too many" in refused.json()["detail"]
    now = wait_until(lambda: ask(webs[0], "POST", "/session", "guess").status_code == 429, 5, "not refused")
    assert now and ask(webs[1], "POST", "/session", ADMIN).status_code in {429, 201}
    # When the minute is over, expect the right key to be taken
    for key in redis_client.scan_iter("dashboard:guesses:*"):
        redis_client.delete(key)  # the minute is over
    sign_in(webs[1])


def test_all_web_processes_show_what_all_of_them_do(
    webs: Webs, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    # Given a worker, and a speaker at each of two web processes
    heartbeat.beat(redis_client, WorkerKind.STT, "host:1", {"model": "tiny.en"}, ttl_s=60)
    token = sign_in(webs[0])
    header = {"Authorization": f"Bearer {SPEAKER}"}
    with Speaker(webs[0].ws_url, headers=header) as one, Speaker(webs[1].ws_url, headers=header) as other:
        first, _ = one.start()["session_id"], other.start()
        one.say(sentence)
        one.receive("speech_ended")
        answer_all(ledger, first, "secret words")
        wait_until(lambda: snapshot(webs[0], token)["live"] == 2, 20, "not both are seen")
        # When each process finds out for itself what to show
        shown = []
        for web in webs:
            redis_client.delete(names.DASHBOARD_SNAPSHOT)  # each has to find out for itself
            shown.append(snapshot(web, token))
        # Expect both to show the same, apart from what changes by the moment
        for figures in shown:
            for changing in _CHANGING:
                figures.pop(changing)
            for session in figures["sessions"]:
                session.pop("since_s")
        assert shown[0] == shown[1]
    # Expect figures of results, sessions and processes, and no words
    figures = snapshot(webs[1], token)
    assert "secret" not in str(figures)
    assert sum(m["done"] for m in figures["minutes"]) == 1
    assert sum(m["labels"].get("POSITIVE", 0) for m in figures["minutes"]) == 1
    assert {s["session_id"]: s["utterances"] for s in figures["sessions"]}[first] >= 1
    assert {"kind": "stt_worker", "owner": "host:1", "model": "tiny.en"} in figures["processes"]
    serving = {p["owner"].rpartition(":")[2].partition("-")[0] for p in figures["processes"] if p["kind"] == names.WEB}
    assert {str(web.process.pid) for web in webs} <= serving
    assert figures["missing"] == ["analyzer_worker"]
    assert [step["step"] for step in figures["steps"]] == ["endpoint", "text", "sentiment", "total"]
    # Expect who has gone to be gone from it
    wait_until(lambda: snapshot(webs[0], token)["live"] == 0, 20, "who has gone is still there")


def test_latencies_are_those_of_the_results(webs: Webs, ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given twenty results, one of them slow
    session = ledger.open_session(16_000)
    for seq, slow in enumerate([0.1] * 19 + [2.0], start=1):
        uid = append(ledger, session, seq)
        utterance = ledger.claim(uid, Stage.AUDIO, "me").utterance
        assert utterance
        timings = Timings(captured=100.0, cut=100.4, stt_end=100.4 + slow, published=100.5 + slow)
        assert ledger.advance(heard(utterance), Stage.AUDIO)
        assert ledger.advance(judged(replace(utterance, timings=timings)), Stage.TEXT)
    # When the dashboard is asked for the steps
    found = {step["step"]: step for step in snapshot(webs[0], sign_in(webs[0]))["steps"]}
    # Expect their medians, and a 95th percentile that knows of the slow one
    assert (found["endpoint"]["p50_ms"], found["endpoint"]["p95_ms"], found["endpoint"]["results"]) == (400, 400, 20)
    assert (found["text"]["p50_ms"], found["sentiment"]["p50_ms"], found["total"]["p50_ms"]) == (100, 100, 600)
    assert 100 < found["text"]["p95_ms"] < 2000


def test_refusals_are_counted_by_their_code(webs: Webs, redis_client: redis.Redis) -> None:
    with Speaker(webs[1].ws_url, headers={"Authorization": "Bearer wrong"}) as speaker:
        speaker.order("start", sample_rate=16_000)
        speaker.until_closed()
    token = sign_in(webs[0])

    def refusals() -> list[int]:
        return [error["count"] for error in snapshot(webs[0], token)["errors"] if error["code"] == "unauthorized"]

    assert wait_until(refusals, 20, "it is not among the errors") == [1]


def test_what_was_given_up_is_tried_again_or_let_rest(webs: Webs, ledger: Ledger, redis_client: redis.Redis) -> None:
    # Given three utterances that were given up
    session = ledger.open_session(16_000)
    uids = [not_understood(ledger, session, seq) for seq in (1, 2, 3)]
    token = sign_in(webs[0])
    assert [d["utterance_id"] for d in snapshot(webs[0], token)["dead_utterances"]] == uids[::-1]

    # When one is tried again, expect it to be queued, once
    assert ask(webs[0], "POST", f"/dead/{uids[0]}/retry", token).json() == {"stage": "audio"}
    assert ask(webs[1], "POST", f"/dead/{uids[0]}/retry", token).status_code == 404, "once is enough"
    assert [d["utterance_id"] for d in snapshot(webs[1], token)["dead_utterances"]] == [uids[2], uids[1]]
    wait_until(lambda: redis_client.llen(names.AUDIO_QUEUE), 20, "nobody queued it")

    # When another has no audio any more, expect a refusal in words
    redis_client.delete(names.audio_key(uids[1]))
    answer = ask(webs[0], "POST", f"/dead/{uids[1]}/retry", token)
    assert answer.status_code == 410 and "no longer kept" in answer.json()["detail"]

    # When the third is dismissed, expect its audio to go
    assert ask(webs[0], "DELETE", f"/dead/{uids[2]}", token).status_code == 204
    assert ask(webs[0], "DELETE", f"/dead/{uids[2]}", token).status_code == 404
    assert not redis_client.exists(names.audio_key(uids[2]))
    # When the first fails again, expect it to be listed again
    give_up(ledger, uids[0], Stage.AUDIO)
    assert [d["utterance_id"] for d in snapshot(webs[0], token)["dead_utterances"]] == [uids[0], uids[1]]


@pytest.mark.parametrize("nonsense", ["x", "0123456789abcdef:0", "0123456789abcdef:1:audio", "%0a:1"])
def test_a_malformed_utterance_id_is_refused(webs: Webs, redis_client: redis.Redis, nonsense: str) -> None:
    token = sign_in(webs[0])
    assert ask(webs[0], "POST", f"/dead/{nonsense}/retry", token).status_code == 422
    assert ask(webs[0], "DELETE", f"/dead/{nonsense}", token).status_code == 422


def test_the_dashboard_says_that_redis_is_away(make_web: MakeWeb) -> None:
    web = make_web(redis_url="redis://127.0.0.1:1/0", admin_keys=f"anna:{hash_secret(ADMIN)}")
    answer = httpx.post(
        f"{web.http_url}/api/dashboard/session", headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30
    )
    assert answer.status_code == 503 and "store is away" in answer.json()["detail"]


def test_the_command_line_makes_an_admin_key() -> None:
    made = CliRunner().invoke(app, ["keys", "new", "anna", "--admin"])
    key, entry = re.search(r"(wta_\S+)\n.*WTA_ADMIN_KEYS=(\S+)", made.output).groups()  # type: ignore[union-attr]
    assert Settings(admin_keys=entry).admin_keys == f"anna:{hash_secret(key)}"
    with pytest.raises(ValueError, match="name:hash"):
        Settings(admin_keys=key)
