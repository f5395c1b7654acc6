"""Opens connections to Redis, with time-outs that keep a dead network from hanging a process."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from wta.settings import Settings

SOCKET_TIMEOUT_S = 5.0
HEALTH_CHECK_INTERVAL_S = 10
_MAX_CONNECTIONS = 50
"""Connections of one client in one process. Further callers wait; redis-py's own pool would refuse them at 100."""


def connection_options() -> dict[str, Any]:
    """The options of every connection to Redis, also Celery's. A half-open TCP connection is noticed within 5 s."""
    return {
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "socket_keepalive": True,
        "health_check_interval": HEALTH_CHECK_INTERVAL_S,
    }


def connect(settings: Settings) -> redis.Redis:
    """Make a blocking client whose values are bytes. Quick retries hide a Redis that has just restarted."""
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), 3)
    pool = redis.BlockingConnectionPool.from_url(settings.redis_url, retry=retry, **_pool_options())
    return redis.Redis.from_pool(pool)


def connect_live(settings: Settings, client: redis.Redis) -> redis.Redis:
    """Make a client of the Redis of queues and live text; where that is the ledger's, it is `client` itself."""
    if settings.live_redis_url is None:
        return client
    return connect(settings.model_copy(update={"redis_url": settings.live_redis_url}))


def connect_async(settings: Settings) -> redis.asyncio.Redis:
    """Make a client for the event loop, whose values are bytes."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(settings.redis_url, **_pool_options())
    return redis.asyncio.Redis.from_pool(pool)


def _pool_options() -> dict[str, Any]:
    # After a failover an open connection may lead to what is now a replica. A new one leads to the new master.
    return connection_options() | {
        "max_connections": _MAX_CONNECTIONS, "timeout": SOCKET_TIMEOUT_S, "retry_on_error": [redis.ReadOnlyError],
    }  # fmt: skip
