"""Keys that change while the service runs, and whose key a session was opened with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from tests.support.processes import ROOT
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key
from wta.names import CloseCode

_ANNA, _BERT, _CARL = new_key(), new_key(), new_key()


def entries(**keys: str) -> str:
    return ",".join(f"{name}:{hash_secret(key)}" for name, key in keys.items())


class RotatedWeb(Web):
    """A web service whose keys stand in a file `.env`."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        super().__init__(redis_url, folder)
        self.process.cwd = folder
        self.process.env["PYTHONPATH"] = str(ROOT)
        self._file = folder / ".env"

    def set_keys(self, **keys: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"WTA_API_KEYS={entries(**keys)}\n")
        new.rename(self._file)

    def knows(self, key: str) -> bool:
        return httpx.post(f"{self.http_url}/api/token", headers=bearer(key)).status_code == 201


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def rotated(redis_server: RedisServer, tmp_path: Path) -> Iterator[RotatedWeb]:
    web = RotatedWeb(redis_server.url, tmp_path)
    web.set_keys(anna=_ANNA, bert=_BERT)
    web.start()
    yield web
    web.process.stop()


def test_a_key_that_is_taken_back_ends_its_sessions_and_no_others(rotated: RotatedWeb) -> None:
    # Given two people who speak with keys of their own
    with (
        Speaker(rotated.ws_url, headers=bearer(_ANNA)) as anna,
        Speaker(rotated.ws_url, headers=bearer(_BERT)) as bert,
    ):
        resume_token = anna.start()["resume_token"]
        bert.start()
        # When one key is taken back, and another given
        rotated.set_keys(bert=_BERT, carl=_CARL)
        # Expect its session to end, also for who would resume it, and the other to go on
        assert anna.until_closed() == CloseCode.UNAUTHORIZED
        assert "taken back" in anna.of_type("error")[0]["message"]
        with Speaker(rotated.ws_url, resume_token=resume_token) as again:
            again.order("start", **again.fields)
            assert again.until_closed() == CloseCode.UNAUTHORIZED
        assert rotated.knows(_CARL) and not rotated.knows(_ANNA)
        bert.order("stop")
        assert bert.until_closed() == CloseCode.DONE


def test_taking_the_last_key_back_does_not_open_the_server_to_everybody(rotated: RotatedWeb) -> None:
    rotated.set_keys()
    wait_until(lambda: "all API keys were removed" in rotated.log(), 20, "nothing is said")
    assert rotated.knows(_ANNA) and not rotated.knows(_CARL)


def test_a_file_that_cannot_be_read_changes_nothing(rotated: RotatedWeb) -> None:
    rotated.set_keys(anna=_ANNA)
    wait_until(lambda: not rotated.knows(_BERT), 20, "the file is not looked at")
    (rotated.process.cwd / ".env").write_text("WTA_API_KEYS=half an en")
    rotated.process.log.write_text("")
    wait_until(lambda: rotated.knows(_ANNA), 20, "the key is not known any more")


def test_a_session_says_whose_key_it_was_opened_with(rotated: RotatedWeb, redis_client: redis.Redis) -> None:
    with Speaker(rotated.ws_url, headers=bearer(_ANNA)) as anna:
        session_id = anna.start()["session_id"]
        metrics = httpx.get(f"{rotated.http_url}/metrics").text
    assert redis_client.hget(names.session_key(session_id), "key") == b"anna"
    assert f"connected session={session_id} rate_hz=16000 key=anna" in rotated.log()
    assert 'wta_key_sessions{key="anna"} 1.0' in metrics
