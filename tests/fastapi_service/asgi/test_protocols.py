"""What uvicorn's own protocols would let a client do: docs/adr/web-uvicorn-protocols.md."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress

import psutil
import redis

from fastapi_service.__main__ import make_config
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta import names
from wta.settings import Settings

_MORE_THAN_IS_KEPT = 60
"""Messages of 1 MB: the client keeps 16 that nobody reads, and the sockets a few MB."""


def test_half_a_request_is_dropped(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port)) as slow:
        began = time.monotonic()
        slow.settimeout(20)
        slow.sendall(b"GET /healthz HT")
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""
        assert 8 < time.monotonic() - began < 15


def test_an_idle_connection_outlives_those_of_usual_balancers(web: Web, settings: Settings) -> None:
    assert make_config(settings).timeout_keep_alive > 60
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    connection.auto_open = 0  # a new connection would hide that the first was closed
    time.sleep(6)  # uvicorn's own time-out is 5 s
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()


def test_a_client_that_reads_nothing_keeps_no_socket_open(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web = make_web(send_timeout_s=1)
    with Speaker(web.ws_url) as speaker:
        session = speaker.start()["session_id"]
        port = speaker.socket.socket.getsockname()[1]
        final = {
            "type": "final",
            "utterance_id": f"{session}:1",
            "seq": 1,
            "start": 0,
            "end": 1,
            "text": "w " * 500_000,
        }
        for _ in range(_MORE_THAN_IS_KEPT):
            redis_client.xadd(names.events_key(session), {"json": json.dumps(final)})
        redis_client.publish(names.wakeup_channel(session), "")
        wait_until(lambda: f"disconnected session={session}" in web.log(), 20, "still connected")
        server = psutil.Process(web.process.pid)
        wait_until(
            lambda: all(c.raddr[1:] != (port,) for c in server.net_connections("tcp")), 12, "the socket stays open"
        )
