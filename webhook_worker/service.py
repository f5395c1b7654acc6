"""Delivers results: at least once, signed, tried again later and later, given up visibly."""

from __future__ import annotations

import logging
import random

from webhook_worker.deliveries import Deliveries, split_delivery_id
from webhook_worker.planner import Planner
from webhook_worker.sender import Sender, payload
from wta import names
from wta.errors import SettingsError
from wta.messages import UNKNOWN_ABILITIES
from wta.metrics import WebhookMetrics
from wta.settings import Settings
from wta.webhooks import Endpoint, endpoints
from wta.worker.process import WorkerTools

log = logging.getLogger(__name__)

_FACTOR = 3.0
_LONGEST_WAIT_S = 3600.0
_JITTER = 0.2


class WebhookService:
    """One attempt a task."""

    kind = names.WEBHOOK_WORKER
    abilities = UNKNOWN_ABILITIES
    _sender: Sender
    _deliveries: Deliveries
    _metrics: WebhookMetrics

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._endpoints: dict[str, Endpoint] = {}

    def load(self) -> str:
        """Raises SettingsError where nobody is to be told."""
        s = self._settings
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints(s.webhook_urls, s.webhook_http_hosts)}
        if not self._endpoints or s.webhook_secret is None:
            raise SettingsError("WTA_WEBHOOK_URLS names no address: nobody is to be told of results.")
        self._sender = Sender(s.webhook_secret.get_secret_value(), s.webhook_timeout_s)
        return ",".join(f"{endpoint.id}@{endpoint.host}" for endpoint in self._endpoints.values())

    def begin(self, tools: WorkerTools) -> None:
        self._deliveries = Deliveries(tools.redis, self._settings)
        self._metrics = WebhookMetrics(tools.metrics.registry)
        Planner(tools.redis, self._deliveries, tools.dispatcher, list(self._endpoints)).start()

    def deliver(self, delivery: str) -> None:
        """Celery task. Raises redis.RedisError where Redis goes away: the delivery is then made again."""
        endpoint_id, entry_id = split_delivery_id(delivery)
        attempt = self._deliveries.claim(delivery)
        if not attempt:
            log.debug("nothing to do delivery=%s", delivery)
            return
        endpoint, result = self._endpoints.get(endpoint_id), self._deliveries.result(delivery)
        if endpoint is None or result is None:
            log.info("not told delivery=%s: %s", delivery, "its result is gone" if endpoint else "no such address now")
            self._deliveries.done(delivery)
            return
        outcome = self._sender.send(endpoint, f"res_{entry_id}", payload(result))
        if outcome.arrived:
            self._deliveries.done(delivery)
            self._metrics.ended("delivered")
        elif outcome.final or attempt >= self._settings.webhook_max_attempts:
            self._deliveries.give_up(delivery)
            self._metrics.ended("given_up")
            log.error("given up delivery=%s host=%s attempts=%d: %s", delivery, endpoint.host, attempt, outcome.words)
        else:
            wait_s = max(self._wait_s(attempt), outcome.wait_s)
            self._deliveries.retry(delivery, wait_s)
            self._metrics.ended("failed")
            log.warning(
                "not arrived delivery=%s host=%s attempt=%d, again in %.1f s: %s",
                delivery, endpoint.host, attempt, wait_s, outcome.words,
            )  # fmt: skip

    def _wait_s(self, attempt: int) -> float:
        wait_s = min(_LONGEST_WAIT_S, self._settings.webhook_retry_s * _FACTOR ** (attempt - 1))
        return wait_s * random.uniform(1 - _JITTER, 1 + _JITTER)
