"""Sessions of every kind of nonsense: the service answers, closes, and keeps nothing of them."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress
from typing import Any

import psutil
import redis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from websockets.exceptions import ConnectionClosed

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta.messages import parse_server
from wta.names import CloseCode

SESSIONS = int(os.environ.get("WTA_FUZZ_SESSIONS", "100"))
"""`make fuzz` has a thousand."""
STEPS = 8
CELERYS = 10
"""Most connections that Celery keeps for sending; each brings a poller of its own."""
MOST_TO_REDIS = 2 * 50 + 2 * CELERYS
"""Two pools of ours (wta/redis_access/clients.py), and Celery's for sending."""
CLOSE_CODES = {v for k, v in vars(CloseCode).items() if k.isupper()} | {1002, 1006}

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_start_fields = st.dictionaries(
    st.sampled_from(["encoding", "sample_rate", "language", "interim", "resume_token", "last_event_id", "token"]), _json
)


class Counted:
    """What a web service of its own process holds."""

    def __init__(self, web: Web, redis_port: int) -> None:
        self.ws_url = web.ws_url
        self._web = web
        self._redis_port = redis_port

    def tasks(self) -> int:
        """How many tasks the service says that it has now."""
        asked = self._web.log().count("tasks=")
        self._web.process.signal(signal.SIGUSR1)
        answers = wait_until(lambda: re.findall(r"tasks=(\d+)\n", self._web.log())[asked:], 10, "no answer")
        return int(answers[0])

    def descriptors(self) -> int:
        """Open descriptors but those to Redis, whose pools are bounded and grow to what was needed at once."""
        return psutil.Process(self._web.process.pid).num_fds() - self.to_redis()

    def clients(self) -> int:
        connections = psutil.Process(self._web.process.pid).net_connections()
        return sum(bool(c.raddr) and c.laddr.port == self._web.port for c in connections)

    def to_redis(self) -> int:
        connections = psutil.Process(self._web.process.pid).net_connections()
        return sum(bool(c.raddr) and c.raddr.port == self._redis_port for c in connections)


def _machine(server: Counted, sentence: bytes, tokens: list[str]) -> type[RuleBasedStateMachine]:
    class Fuzzer(RuleBasedStateMachine):
        """One connection; every rule is one frame or one way to go."""

        @initialize(ready=st.booleans())
        def connect(self, ready: bool) -> None:
            self.speaker = Speaker(server.ws_url)
            if ready:
                tokens.append(self.speaker.start()["resume_token"])

        @rule(resume=st.booleans())
        def start(self, resume: bool) -> None:
            self.send(
                json.dumps({"type": "start", "sample_rate": 16_000} | ({"resume_token": tokens[-1]} if resume else {}))
            )

        @rule(fields=_start_fields)
        def start_with_nonsense(self, fields: dict[str, Any]) -> None:
            self.send(json.dumps({"type": "start", "sample_rate": 16_000} | fields))

        @rule(kind=st.sampled_from(["finalize", "keepalive", "stop", "start", "ready", ""]))
        def order(self, kind: str) -> None:
            self.send(json.dumps({"type": kind}))

        @rule(value=_json)
        def say_any_json(self, value: object) -> None:
            self.send(json.dumps(value))

        @rule(text=st.text(max_size=200))
        def say_any_text(self, text: str) -> None:
            self.send(text)

        @rule(audio=st.binary(max_size=3_000))
        def say_any_bytes(self, audio: bytes) -> None:
            self.send(audio)

        @rule(second=st.integers(0, 4))
        def speak(self, second: int) -> None:
            self.send(sentence[second * 32_000 : (second + 1) * 32_000])

        @rule(size=st.integers(65_537, 200_000))
        def say_too_much(self, size: int) -> None:
            self.send(bytes(size))

        @rule(raw=st.binary(min_size=1, max_size=64))
        def break_the_framing(self, raw: bytes) -> None:
            with suppress(OSError):
                self.speaker.socket.socket.sendall(raw)

        @rule()
        def drop_and_come_back(self) -> None:
            self.speaker.drop()
            self.speaker = Speaker(server.ws_url)

        def send(self, frame: str | bytes) -> None:
            self.speaker.send(frame)

        def teardown(self) -> None:
            if not hasattr(self, "speaker"):
                return
            with suppress(TimeoutError, ConnectionClosed):
                while True:
                    parse_server(self.speaker.socket.recv(timeout=0.01))
            assert self.speaker.socket.close_code in CLOSE_CODES | {None}
            self.speaker.socket.close_timeout = 0.1
            self.speaker.socket.close()

    return Fuzzer


def test_no_session_of_nonsense_leaves_anything_behind(
    make_web: MakeWeb, redis_server: RedisServer, redis_client: redis.Redis, sentence: bytes
) -> None:
    # Given a server, and what it holds while it has nothing to do
    web = make_web(module="tests.fastapi_service.counted_service", resume_grace_s=0.1, max_sessions=500)
    server = Counted(web, redis_server.port)
    with Speaker(server.ws_url) as speaker:
        tokens = [speaker.start()["resume_token"]]
        tasks, descriptors = server.tasks(), server.descriptors()
    # When many sessions of nonsense are held with it
    machine = _machine(server, sentence, tokens)
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=SESSIONS, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    # Expect no task, connection or descriptor to be left, and no error in its log
    wait_until(lambda: server.tasks() <= tasks, 30, "tasks are left")
    wait_until(lambda: not server.clients(), 30, "connections are left")
    wait_until(lambda: server.descriptors() <= descriptors + CELERYS, 30, "descriptors are left")
    assert server.to_redis() <= MOST_TO_REDIS
    assert len(tokens) > SESSIONS // 20, "too few conversations got as far as `ready`"
    assert " ERROR " not in web.log() and "Traceback" not in web.log()
    # Expect the next speaker to be served
    with Speaker(server.ws_url) as speaker:
        speaker.start()
        speaker.order("stop")
        assert speaker.until_closed() == CloseCode.DONE
