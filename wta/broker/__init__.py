"""How work gets into the workers' queues: Celery applications, and messages made without Celery."""
