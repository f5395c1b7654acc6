"""Makes the Celery application of each service, and sends work to another service by task name and id only."""

from __future__ import annotations

from celery import Celery
from kombu import Exchange, Queue

from wta import names
from wta.redis_client import SOCKET_TIMEOUT_S, connection_options
from wta.settings import Settings


def make_celery(name: str, settings: Settings, queues: tuple[str, ...] = ()) -> Celery:
    """Make a Celery application that uses Redis as its broker.

    Args:
        queues: the queues that a worker of this application reads, the most urgent first; none where it only sends.

    The ledger, not Celery, promises delivery. These options only make loss rare and recovery quick.
    """
    app = Celery(name, broker=settings.redis_url, set_as_current=False)
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


class Dispatcher:
    """Sends the ids of utterances and deliveries to the workers' queues.

    Requests for live text take another way (LiveAudio.put_snapshot). Every method blocks, and raises
    kombu.exceptions.OperationalError or redis.RedisError where Redis is away. Then the reconciler sends the id again.
    """

    def __init__(self, settings: Settings) -> None:
        self._app = make_celery("wta.dispatcher", settings)

    def transcribe(self, utterance_id: str) -> None:
        self._send(names.TASK_TRANSCRIBE, names.AUDIO_QUEUE, utterance_id)

    def analyze(self, utterance_id: str) -> None:
        self._send(names.TASK_ANALYZE, names.TEXT_QUEUE, utterance_id)

    def _send(self, task: str, queue: str, id_: str) -> None:
        self._app.send_task(task, args=(id_,), queue=queue, retry=False)
