"""Tells a Redis that belongs to something else from one that this project may use without having been told to."""

from __future__ import annotations

import redis

from wta import names


def why_foreign(client: redis.Redis) -> str | None:
    """Why the Redis that `client` asks is somebody else's, in words; None where it holds our ledger or nothing at all.

    Raises redis.ConnectionError where nothing answers.
    """
    try:
        if client.exists(names.LEDGER_FORMAT):
            return None
        return "it holds other data" if client.info("keyspace") else None
    except redis.AuthenticationError:
        return "it asks for a password"
    except redis.BusyLoadingError:  # nobody knows yet what it holds
        return None
    except redis.ConnectionError:
        raise
    except redis.RedisError as error:  # it lacks a permission or a command, or is no Redis
        return f"it refuses: {error}"
