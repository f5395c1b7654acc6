"""How work gets into the workers' queues: Celery applications, and messages that carry nothing but an id."""

from wta.broker.celery_app import make_celery
from wta.broker.dispatcher import Dispatcher

__all__ = ["Dispatcher", "make_celery"]
