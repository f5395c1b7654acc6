"""Sends work to another service, by task name and id only."""

from __future__ import annotations

from wta import names
from wta.broker.celery_app import make_celery
from wta.settings import Settings


class Dispatcher:
    """Sends the ids of utterances to the workers' queues.

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
