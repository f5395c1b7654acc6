"""Entry of the webhook worker: its Celery application and one thin task."""

from __future__ import annotations

from celery import Celery

from webhook_worker.service import WebhookService
from wta import names
from wta.broker import make_celery
from wta.settings import Settings, load_settings_or_exit
from wta.worker.process import WorkerProcess


def create_app(settings: Settings | None = None) -> Celery:
    """The application that `celery -A webhook_worker:celery_app` runs."""
    settings = settings or load_settings_or_exit()
    app = make_celery(names.WEBHOOK_WORKER, settings, queues=(names.WEBHOOK_QUEUE,))
    service = WebhookService(settings)
    app.task(service.deliver, name=names.TASK_WEBHOOK)
    WorkerProcess(service, settings)
    return app
