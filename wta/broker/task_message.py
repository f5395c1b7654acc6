"""Makes the message that Celery puts into a queue, without Celery, for requests that come several times a second.

Celery's own sending takes 0.9 ms of the sender's thread and a trip to Redis. This message is written together with the
sender's other data (docs/adr/web-live-requests.md). Source: Celery's "Message Protocol", version 2, in the envelope of
kombu's Redis transport. In tests/stt_worker/test_queue_order.py a real worker reads it.
"""

from __future__ import annotations

import json
import uuid
from base64 import b64decode, b64encode

_NOTHING_AFTER = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def id_of(message: bytes) -> str:
    """The `id_` of a message that `task_message` made. Raises ValueError or LookupError for any other."""
    args, *_ = json.loads(b64decode(json.loads(message)["body"]))
    return str(args[0])


def task_message(task: str, queue: str, id_: str, task_id: str | None = None) -> str:
    """Make the JSON that is pushed to the head of the Redis list `queue`. It calls `task` with `id_` alone.

    Args:
        task_id: unique among all messages. One is made where it is None.
    """
    task_id = task_id or str(uuid.uuid4())
    body = json.dumps([[id_], {}, _NOTHING_AFTER])
    return json.dumps({
        "body": b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "task": task, "id": task_id, "root_id": task_id, "retries": 0, "ignore_result": True},
        "properties": {
            "correlation_id": task_id,
            "delivery_tag": task_id,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
        },
    })  # fmt: skip
