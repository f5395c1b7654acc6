"""Entry of the speech worker: its Celery application and two thin tasks."""

from __future__ import annotations

from celery import Celery

from stt_worker.service import SttService
from wta import names
from wta.broker import make_celery
from wta.settings import Settings, load_settings_or_exit
from wta.worker.process import WorkerProcess


def create_app(settings: Settings | None = None) -> Celery:
    """The application that `celery -A stt_worker:celery_app` runs. Finals come first, partials last."""
    settings = settings or load_settings_or_exit()
    queues = (names.AUDIO_QUEUE, names.EARLY_QUEUE, names.PARTIAL_QUEUE)
    app = make_celery(names.WorkerKind.STT, settings, queues=queues)
    service = SttService(settings)
    app.task(service.transcribe, name=names.TASK_TRANSCRIBE)
    app.task(service.partial, name=names.TASK_PARTIAL)
    WorkerProcess(service, settings)
    return app
