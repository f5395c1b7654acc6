"""What every Celery worker does: its start and end, its leases, and the work on one stage of an utterance."""
