"""Sentiment of texts: `celery -A analyzer_worker:celery_app worker --concurrency=1 --pool=solo`."""

from __future__ import annotations

from typing import Any

# The `celery` program has this folder on its path only while it imports this module, so find both packages now.
import inference  # noqa: F401
import wta  # noqa: F401


def __getattr__(name: str) -> Any:
    """Make `celery_app` when it is asked for, so that importing a module of this package loads no torch."""
    if name != "celery_app":
        raise AttributeError(name)
    from analyzer_worker.worker import create_app  # noqa: PLC0415 - it loads torch

    globals()[name] = app = create_app()
    return app
