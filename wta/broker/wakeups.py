"""Wakes workers. A Celery message is only a wake-up: whoever gets one claims what is next in turn (lua/claim.lua)."""

from __future__ import annotations

import logging

import redis

from wta import names
from wta.broker.task_message import task_message
from wta.names import Stage

log = logging.getLogger(__name__)

MOST_WAKEUPS = 200
"""Messages in one queue, however much waits. Each is only a wake-up, so more of them would wake nobody else."""
_TASKS = {
    Stage.AUDIO: (names.TASK_TRANSCRIBE, names.AUDIO_QUEUE),
    Stage.TEXT: (names.TASK_ANALYZE, names.TEXT_QUEUE),
}
_QUEUES = (names.AUDIO_QUEUE, names.TEXT_QUEUE, names.EARLY_QUEUE, names.PARTIAL_QUEUE)


class Wakeups:
    """The wake-ups of both stages. A lost one costs a second: the reconciler sends those that are missing.

    So sending raises no redis.RedisError. Methods block, and may be called from several threads.

    Args:
        client: of the Redis that holds the queues.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def send(self, stage: Stage, count: int = 1) -> int:
        """Send wake-ups to the workers of a stage. Returns how many: 0 where Redis does not take them."""
        task, queue = _TASKS[stage]
        try:
            with self._redis.pipeline() as pipe:
                pipe.lpush(queue, *(task_message(task, queue, "wake-up") for _ in range(count)))
                pipe.ltrim(queue, 0, MOST_WAKEUPS - 1)
                pipe.execute()
        except redis.RedisError as error:
            log.warning("the queues do not take a wake-up: %s", error)
            return 0
        return count

    def fill(self, stage: Stage, wanted: int) -> int:
        """See to it that `wanted` wake-ups are there, MOST_WAKEUPS at most. Returns how many were sent."""
        try:
            missing = min(wanted, MOST_WAKEUPS) - self._redis.llen(_TASKS[stage][1])
        except redis.RedisError as error:
            log.warning("the queues do not answer: %s", error)
            return 0
        return self.send(stage, missing) if missing > 0 else 0

    def lengths(self) -> dict[str, int]:
        """Queue → how many messages it holds. Raises redis.RedisError."""
        return {queue: self._redis.llen(queue) for queue in _QUEUES}
