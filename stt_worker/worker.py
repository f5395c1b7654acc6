"""The speech worker's entry: its Celery application with two tasks."""

from __future__ import annotations

from celery import Celery

from stt_worker.service import SttService
from wta import names
from wta.broker.celery_app import make_celery
from wta.settings import Settings, load_settings_or_exit
from wta.worker.process import WorkerProcess


def create_app(settings: Settings | None = None) -> Celery:
    """The application that `celery -A stt_worker:celery_app` runs.

    It takes final texts first, then early ones, then partial ones. Without `settings` it reads the environment, and
    ends the process with a sentence for the user where a setting is wrong.
    """
    settings = settings or load_settings_or_exit()
    queues = (names.AUDIO_QUEUE, names.EARLY_QUEUE, names.PARTIAL_QUEUE)
    app = make_celery(names.WorkerKind.STT, settings, queues=queues)
    service = SttService(settings)
    app.task(service.transcribe, name=names.TASK_TRANSCRIBE)
    app.task(service.partial, name=names.TASK_PARTIAL)
    WorkerProcess(service, settings)
    return app
