"""The sentiment worker's entry: its Celery application with one task."""

from __future__ import annotations

from celery import Celery

from analyzer_worker.service import AnalyzerService
from wta import names
from wta.broker.celery_app import make_celery
from wta.settings import Settings, load_settings_or_exit
from wta.worker.process import WorkerProcess


def create_app(settings: Settings | None = None) -> Celery:
    """The application that `celery -A analyzer_worker:celery_app` runs.

    Without `settings` it reads the environment, and ends the process with a sentence for the user where a setting is
    wrong.
    """
    settings = settings or load_settings_or_exit()
    app = make_celery(names.WorkerKind.ANALYZER, settings, queues=(names.TEXT_QUEUE,))
    service = AnalyzerService(settings)
    app.task(service.analyze, name=names.TASK_ANALYZE)
    WorkerProcess(service, settings)
    return app
