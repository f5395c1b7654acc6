"""Results to other people's servers: `python -m webhook_worker`."""

from __future__ import annotations

from typing import Any

import wta  # noqa: F401 - the `celery` program has this folder on its path only while it imports this module


def __getattr__(name: str) -> Any:
    """Let `celery -A webhook_worker:celery_app worker …`, which manifests from before 0.9 say, start the process."""
    if name != "celery_app":
        raise AttributeError(name)
    from celery import Celery, signals  # noqa: PLC0415 - only for those manifests

    from webhook_worker.worker import main  # noqa: PLC0415

    def run_instead(**_: Any) -> None:
        raise SystemExit(main())

    signals.worker_init.connect(run_instead, weak=False)
    globals()[name] = app = Celery(__name__, set_as_current=False)
    return app
