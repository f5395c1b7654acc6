"""Results to other people's servers: `celery -A webhook_worker:celery_app worker --concurrency=4 --pool=threads`."""

from __future__ import annotations

from typing import Any

import wta  # noqa: F401 - the `celery` program has this folder on its path only while it imports this module


def __getattr__(name: str) -> Any:
    """Make the Celery application when it is asked for, so that importing a module here does nothing."""
    if name != "celery_app":
        raise AttributeError(name)
    from webhook_worker.worker import create_app  # noqa: PLC0415 - that is the point

    globals()[name] = app = create_app()
    return app
