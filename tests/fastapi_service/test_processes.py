"""Several web processes on one port: each serves its own sessions, and one that dies takes no other along."""

from __future__ import annotations

import signal

import httpx
import psutil
import redis

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb
from tests.support.wait import wait_until
from wta import names


def test_processes_share_a_port_and_hear_of_their_own_sessions_alone(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    # Given a web service of two processes
    web = make_web(web_processes=2)
    parent = psutil.Process(web.process.pid)

    def alive() -> set[int]:
        owners = [owner.decode() for owner in redis_client.smembers(names.workers_key(names.WEB))]
        beating = {int(owner.rpartition(":")[2].partition("-")[0]) for owner in owners}
        return beating & {child.pid for child in parent.children()}

    wait_until(lambda: len(alive()) == 2, 30, "there are not two of them")
    with Speaker(web.ws_url) as speaker:
        session_id = speaker.start()["session_id"]
        # Expect one process to listen to the session, and none to all sessions
        channel = names.live_channel(session_id)
        wait_until(lambda: redis_client.pubsub_numsub(channel)[0][1] == 1, 10, "nobody listens")
        assert redis_client.pubsub_numpat() == 0
        assert redis_client.pubsub_numsub(names.SESSION_WAKEUP_CHANNEL)[0][1] == 0
    wait_until(lambda: redis_client.pubsub_numsub(channel)[0][1] == 0, 10, "it listens for ever")
    # When one is killed, expect the port to answer all the same, and another one in its place
    before = alive()
    psutil.Process(min(before)).kill()
    wait_until(lambda: len(alive() - {min(before)}) == 2, 30, "nobody took its place")
    assert all(httpx.get(f"{web.http_url}/healthz").is_success for _ in range(10))
    # When the service is asked to end, expect all of it to end
    children = parent.children()
    parent.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs([parent, *children], timeout=40)
    assert not left
