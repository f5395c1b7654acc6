"""Celery on Redis: the application of a worker, and messages made without Celery."""

from wta.broker.celery_app import make_celery

__all__ = ["make_celery"]
