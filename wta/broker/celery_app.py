"""Makes the Celery application of each service."""

from __future__ import annotations

from celery import Celery
from kombu import Exchange, Queue

from wta.redis_access.clients import SOCKET_TIMEOUT_S, connection_options
from wta.redis_url import broker_url
from wta.settings import Settings


def make_celery(name: str, settings: Settings, queues: tuple[str, ...] = ()) -> Celery:
    """Make a Celery application that uses Redis as its broker.

    Args:
        queues: the queues that a worker of this application reads, the most urgent first; none where it only sends.

    The ledger, not Celery, promises delivery. These options only make loss rare and recovery quick.
    """
    app = Celery(name, broker=broker_url(settings.live_redis_url or settings.redis_url), set_as_current=False)
    app.conf.update(
        task_queues=[Queue(q, Exchange(q), routing_key=q) for q in queues],
        task_acks_late=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        # Heartbeat keys say who is alive. Celery's own events cost connections, and stop while a solo worker is busy.
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_transport_options={
            # At least 3 × the longest task: a shorter time would deliver a task again while it is still worked on.
            "visibility_timeout": max(120.0, 3 * settings.deadline_s),
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "unacked_mutex_expire": 30,
            "queue_order_strategy": "priority",
            **connection_options(),
        },
        result_backend=None,
        redis_socket_timeout=SOCKET_TIMEOUT_S,
    )
    return app
