"""The life of a worker process of any kind: settings, logs, model, heartbeat, "ready", tasks, end."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import redis
from celery import signals

from wta import logs
from wta.errors import WtaError
from wta.health import heartbeat
from wta.ledger import Ledger, ensure_format
from wta.messages import UNKNOWN_ABILITIES, Abilities
from wta.metrics import StageMetrics
from wta.redis_access.clients import connect, connect_live
from wta.settings import Settings
from wta.worker.leases import LeaseKeeper
from wta.worker.work_rate import WorkRate

log = logging.getLogger(__name__)


class WorkerTools:
    """What a stage needs besides its model. It is made in the process that uses its connections."""

    def __init__(self, kind: str, model: str, settings: Settings, abilities: Abilities = UNKNOWN_ABILITIES) -> None:
        self.redis = connect(settings)
        self.redis_live = connect_live(settings, self.redis)
        self.ledger = Ledger(self.redis, settings, self.redis_live)
        self.rate = WorkRate()
        self.heartbeat = heartbeat.Heartbeat(self.redis, kind, model, settings, abilities, lambda: self.rate.value)
        self.metrics = StageMetrics()
        self.keeper = LeaseKeeper(self.ledger, self.heartbeat.owner, settings)


class StageService(Protocol):
    """What a worker does. `load` comes before `begin`, so that "ready" is said only with a model in memory."""

    abilities: Abilities
    """What the model can do. Read after `load`."""

    @property
    def kind(self) -> str:
        """A WorkerKind, or `names.WEBHOOK_WORKER`."""

    def load(self) -> str:
        """Load the model and return its name. Raises ModelError."""

    def begin(self, tools: WorkerTools) -> None:
        """Keep `tools` for the tasks, which come from now on."""


class WorkerProcess:
    """Connects a service to the start and the end of a Celery worker."""

    def __init__(self, service: StageService, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        self._tools: WorkerTools | None = None
        # weak=False because nothing else keeps these bound methods alive. This object lives as long as its process.
        signals.setup_logging.connect(self._on_logging, weak=False)
        signals.worker_init.connect(self._on_init, weak=False)
        signals.worker_process_init.connect(self._on_child_init, weak=False)
        signals.worker_shutdown.connect(self._on_shutdown, weak=False)
        signals.worker_process_shutdown.connect(self._on_shutdown, weak=False)

    def start(self) -> None:
        """Load the model, then say "ready". Ends the process with plain words where the model cannot be loaded."""
        if self._tools is not None:
            return  # the solo pool sends both signals, worker_init and worker_process_init
        self._on_logging()
        try:
            model = self._service.load()
        except WtaError as error:
            log.critical("cannot start: %s", error)
            raise SystemExit(1) from error
        self._tools = WorkerTools(self._service.kind, model, self._settings, self._service.abilities)
        self._check_format(self._tools.redis)
        self._service.begin(self._tools)
        self._tools.heartbeat.start()
        self._tools.metrics.serve(self._settings)
        log.info("ready model=%s", model)

    @staticmethod
    def _check_format(client: redis.Redis) -> None:
        try:
            ensure_format(client)
        except redis.RedisError as error:  # Celery waits until Redis is back
            log.warning("Redis is away: %s", error)
        except WtaError as error:
            log.critical("cannot start: %s", error)
            raise SystemExit(1) from error

    def _on_logging(self, **_: Any) -> None:
        logs.setup(self._service.kind, self._settings)

    def _on_init(self, sender: Any = None, **_: Any) -> None:
        # A model loaded before a fork would leave its threads behind: prefork children load their own.
        if "prefork" not in getattr(sender.pool_cls, "__module__", ""):
            self.start()

    def _on_child_init(self, **_: Any) -> None:
        self.start()

    def _on_shutdown(self, **_: Any) -> None:
        if self._tools:
            self._tools.heartbeat.stop()
