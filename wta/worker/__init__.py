"""The life and the work of a Celery worker."""
