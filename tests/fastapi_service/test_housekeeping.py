"""What a running web service does beside its speakers."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis

from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.housekeeping import Housekeeping
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import check_load
from tests.fastapi_service.web_service import MakeWeb
from tests.support.wait import wait_until
from wta import names
from wta.errors import RefusedError
from wta.settings import Settings


def test_a_running_service_forgets_old_results(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given a result of the day before yesterday that is in the log
    seconds, _ = redis_client.time()
    old = f"{(seconds - 2 * 86_400) * 1000}-0"
    redis_client.xadd(names.RESULTS_STREAM, {"json": "{}"}, id=old)
    redis_client.set(names.LISTENER_CURSOR, old)
    # When a service starts, expect it to go
    make_web()
    wait_until(lambda: redis_client.xlen(names.RESULTS_STREAM) == 0, 20, "it was kept")


async def test_nobody_new_is_let_in_where_the_process_is_late_with_those_it_has(
    settings: Settings, redis_client: redis.Redis
) -> None:
    # Given a process in which something takes all the time
    server = ServerState.open(settings)
    housekeeping = asyncio.create_task(Housekeeping(server, lambda _: None).run())
    try:
        for _ in range(2):
            await asyncio.sleep(0.5)
            check_load(server)  # one hiccup refuses nobody
            time.sleep(6)  # noqa: ASYNC251 - this is the fault
        await asyncio.sleep(0.5)
        # Expect newcomers to be refused, until it is over
        with pytest.raises(RefusedError, match="as many speakers as it can follow"):
            check_load(server)
        await asyncio.sleep(6)
        check_load(server)
    finally:
        await cancel_and_wait([housekeeping])
        await server.close()
