"""Makes one attempt at a delivery and keeps what came of it: arrived, to be tried again later, or given up."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping

from webhook_worker.deliveries import Deliveries, split_delivery_id
from webhook_worker.sender import Sender, payload
from wta.metrics import WebhookMetrics
from wta.settings import Settings
from wta.webhooks import Endpoint

log = logging.getLogger(__name__)

_FACTOR = 3.0
_LONGEST_WAIT_S = 3600.0
_JITTER = 0.2


class WebhookService:
    """Knows the endpoints and how often to try again. Safe to use from several threads."""

    def __init__(
        self,
        deliveries: Deliveries,
        endpoints: Mapping[str, Endpoint],
        sender: Sender,
        metrics: WebhookMetrics,
        settings: Settings,
    ) -> None:
        self._deliveries = deliveries
        self._endpoints = endpoints
        self._sender = sender
        self._metrics = metrics
        self._settings = settings

    def deliver(self, delivery: str, attempt: int) -> None:
        """Make one attempt. Raises redis.RedisError where Redis is away: the delivery is then made again.

        Args:
            attempt: the number of this attempt, from 1.
        """
        endpoint_id, entry_id = split_delivery_id(delivery)
        endpoint = self._endpoints.get(endpoint_id)
        result = self._deliveries.result(delivery) if endpoint else None
        if endpoint is None or result is None:
            log.info("not told delivery=%s: %s", delivery, "its result is gone" if endpoint else "no such address now")
            self._deliveries.complete(delivery)
            return
        outcome = self._sender.send(endpoint, f"res_{entry_id}", payload(result))
        if outcome.arrived:
            self._deliveries.complete(delivery)
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
