"""A server with API keys: who has one may speak, in a browser with a token made for it; nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from websockets.sync.client import connect

from fastapi_service.access.credentials import Credentials
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from tests.support.redis_server import RedisServer
from wta.errors import RefusedError
from wta.keys import ApiKeys, hash_secret, new_key
from wta.names import CloseCode
from wta.settings import Settings

KEY, OTHER = new_key(), new_key()


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    keys = f"anna:{hash_secret(KEY)}, bert:{hash_secret(OTHER)}"
    web = Web(redis_server.url, tmp_path_factory.mktemp("guarded"), api_keys=keys, token_ttl_s=5, resume_grace_s=0.5)
    web.start()
    yield web
    web.process.stop()
    log = web.log()
    assert "Traceback" not in log and KEY not in log and hash_secret(KEY) not in log


def token(web: Web, key: str = KEY) -> httpx.Response:
    return httpx.post(f"{web.http_url}/api/token", headers={"Authorization": f"Bearer {key}"})


def refusal(web: Web, headers: dict[str, str] | None = None, **start: str) -> tuple[int, str, bool]:
    """How a start is refused: close code, error code, and whether it may be tried again."""
    with Speaker(web.ws_url, headers=headers) as speaker:
        speaker.order("start", sample_rate=16_000, **start)
        code, error = speaker.until_closed(), speaker.messages[-1]
        assert error["message"] and KEY not in error["message"]
        return code, error["code"], error["retryable"]


NOBODY = (CloseCode.UNAUTHORIZED, "unauthorized", False)


def test_without_keys_everything_is_open(web: Web) -> None:
    assert httpx.get(f"{web.http_url}/api/config").json()["key_needed"] is False
    assert token(web).status_code == 404
    with Speaker(web.ws_url, headers={"Authorization": "Bearer whatever"}, token="whatever") as speaker:
        speaker.start()


def test_a_program_speaks_with_its_key(guarded: Web, redis_client: redis.Redis) -> None:
    assert httpx.get(f"{guarded.http_url}/api/config").json()["key_needed"] is True
    for key in (KEY, OTHER):
        with Speaker(guarded.ws_url, headers={"Authorization": f"Bearer {key}"}) as speaker:
            speaker.start()


def test_a_token_opens_one_session(guarded: Web, redis_client: redis.Redis) -> None:
    answer = token(guarded)
    assert answer.status_code == 201 and answer.json()["expires_in_s"] == 5
    made = answer.json()["token"]
    assert made not in str(list(redis_client.scan_iter())), "Redis holds the hash alone"
    with Speaker(guarded.ws_url, token=made) as speaker:
        speaker.start()
    assert refusal(guarded, token=made) == NOBODY


def test_a_token_is_soon_too_old(guarded: Web, redis_client: redis.Redis) -> None:
    made = token(guarded).json()["token"]
    (key,) = redis_client.scan_iter("token:*")
    assert 0 < redis_client.pttl(key) <= 5_000
    redis_client.pexpire(key, 1)
    assert refusal(guarded, token=made) == NOBODY


@pytest.mark.parametrize("wrong", ["x", KEY[:-1], KEY.upper(), hash_secret(KEY), "anna", f"anna:{KEY}"])
def test_strangers_get_nothing(guarded: Web, redis_client: redis.Redis, wrong: str) -> None:
    answer = token(guarded, wrong)
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert refusal(guarded, headers={"Authorization": f"Bearer {wrong}"}) == NOBODY
    assert refusal(guarded, token=wrong) == NOBODY
    assert [key for key in redis_client.scan_iter() if key.startswith((b"session:", b"token:"))] == []


def test_who_says_nothing_gets_nothing(guarded: Web, redis_client: redis.Redis) -> None:
    assert httpx.post(f"{guarded.http_url}/api/token").status_code == 401
    assert refusal(guarded) == refusal(guarded, token="") == NOBODY
    assert refusal(guarded, headers={"Authorization": "Basic YTpi"}) == NOBODY


def test_a_key_is_no_token(guarded: Web, redis_client: redis.Redis) -> None:
    assert refusal(guarded, token=KEY) == NOBODY


def test_a_session_is_resumed_without_a_new_token(guarded: Web, redis_client: redis.Redis) -> None:
    with Speaker(guarded.ws_url, token=token(guarded).json()["token"]) as speaker:
        resume = speaker.start()["resume_token"]
    with Speaker(guarded.ws_url, resume_token=resume) as speaker:
        assert speaker.start()["resumed"]


def test_many_who_come_with_one_token_get_one_session(guarded: Web, redis_client: redis.Redis) -> None:
    made = token(guarded).json()["token"]
    sockets = [connect(guarded.ws_url, compression=None) for _ in range(8)]
    for socket in sockets:
        socket.send(json.dumps({"type": "start", "sample_rate": 16_000, "token": made}))
    answers = [json.loads(socket.recv(timeout=20))["type"] for socket in sockets]
    for socket in sockets:
        socket.close()
    assert sorted(answers) == ["error"] * 7 + ["ready"]


def test_an_allowed_page_elsewhere_may_ask_for_a_token(redis_server: RedisServer, tmp_path: Path) -> None:
    # Given a server with keys, and one page elsewhere that it allows
    keys, there = f"anna:{hash_secret(KEY)}", "https://a.example"
    web = Web(redis_server.url, tmp_path, api_keys=keys, allowed_origins=f"{there}/")
    web.start()
    try:
        # When that page and another one ask whether they may ask for a token
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for origin, allowed in ((there, there), ("https://b.example", None)):
            answer = httpx.options(f"{web.http_url}/api/token", headers=asked | {"Origin": origin})
            # Expect the allowed one to be named, and no other
            assert answer.headers.get("access-control-allow-origin") == allowed
    finally:
        web.process.stop()


def test_the_setting_of_api_keys_says_names_and_hashes() -> None:
    keys = ApiKeys(f" anna:{hash_secret(KEY)} ,bert:{hash_secret(OTHER)},")
    assert (keys.owner(KEY), keys.owner(OTHER), keys.owner("x")) == ("anna", "bert", None)
    assert not ApiKeys("") and "anna" in keys and "carl" not in keys


@pytest.mark.parametrize("setting", [KEY, f"anna:{KEY}", "anna:", f"a b:{'0' * 64}", f"x:{'0' * 64},x:{'1' * 64}"])
def test_a_wrong_setting_of_api_keys_is_refused_without_repeating_it(setting: str) -> None:
    with pytest.raises(ValueError, match=r"name:hash|twice") as caught:
        ApiKeys(setting)
    assert KEY not in str(caught.value)


def test_a_token_is_good_for_one_session_also_where_the_answer_to_redeeming_it_was_lost(
    redis_client: redis.Redis, settings: Settings
) -> None:
    # Given a token that was redeemed, and a reply that never came
    credentials = Credentials(redis_client, settings.model_copy(update={"api_keys": f"anna:{hash_secret(KEY)}"}))
    made = credentials.issue_token("anna")
    assert credentials.redeem_token(made, nonce="first") == "anna"
    # When the same try is made again, expect the same answer; from anybody else, a refusal
    assert credentials.redeem_token(made, nonce="first") == "anna"
    with pytest.raises(RefusedError):
        credentials.redeem_token(made)
