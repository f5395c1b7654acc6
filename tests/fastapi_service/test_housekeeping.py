"""What a running web service does beside its speakers."""

from __future__ import annotations

import redis

from tests.fastapi_service.web_service import MakeWeb
from tests.support.wait import wait_until
from wta import names


def test_a_running_service_forgets_old_results(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given a result of the day before yesterday that is in the log
    seconds, _ = redis_client.time()
    old = f"{(seconds - 2 * 86_400) * 1000}-0"
    redis_client.xadd(names.RESULTS_STREAM, {"json": "{}"}, id=old)
    redis_client.set(names.LISTENER_CURSOR, old)
    # When a service starts, expect it to go
    make_web()
    wait_until(lambda: redis_client.xlen(names.RESULTS_STREAM) == 0, 20, "it was kept")
