"""Web service and workers are told to end while somebody speaks: the talk goes on elsewhere, and nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from tests.support.front import Front
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.system.talk import Talk

_DRAIN_S = 4


@pytest.fixture(scope="module")
def draining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of its own, whose web service takes its time to end."""
    stack = Stack(tmp_path_factory.mktemp("draining"), drain_s=str(_DRAIN_S))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def test_a_speaker_loses_nothing_across_a_restart_of_web_service_and_workers(draining: Stack, tmp_path: Path) -> None:
    other = Web(draining.redis_url, tmp_path)
    old = draining.processes["web"]
    # Given somebody who speaks to one of two web services
    with Front(draining.port, other.port) as front:
        try:
            other.start()
            talk = Talk(draining, front.ws_url, tmp_path)
            talk.wait_for(1)
            assert set(front.taken) == {draining.port}
            # When that one is told to end, expect it to say so first, and to take nobody new
            old.signal(signal.SIGTERM)
            ready = f"{draining.http_url}/readyz"
            wait_until(lambda: httpx.get(ready).json()["status"] == "draining", 10, "it does not drain")
            assert httpx.get(ready).status_code == 503
            with Speaker(draining.ws_url) as late, pytest.raises(ConnectionClosed) as refused:
                late.start()
            assert refused.value.rcvd and refused.value.rcvd.code == 1013
            assert late.of_type("error")[0]["code"] == "unavailable"
            # When a worker is told to end while it has a sentence in hand, expect it to finish that one
            (seq, *_) = wait_until(talk.in_hand, 60, "no worker has anything to do")
            assert draining.processes["stt"].stop() == 0
            assert talk.is_text(seq)
            assert draining.processes["analyzer"].stop() == 0
            for worker in ("stt", "analyzer"):
                draining.processes[worker].start()
            assert old.wait() == -signal.SIGTERM, old.tail()
            # Expect the speaker to be heard to the end by the other web service
            spoken = talk.finish()
            assert "code 1012" in spoken.stderr
            assert front.taken[0] == draining.port and set(front.taken[1:]) == {other.port}
        finally:
            other.process.stop()
