"""Entry of the webhook worker: settings → logs → heartbeat → "ready" → deliveries until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys

import redis

from webhook_worker.deliveries import Deliveries
from webhook_worker.delivery_loop import DeliveryLoop
from webhook_worker.sender import Sender
from webhook_worker.service import WebhookService
from wta import logs, names
from wta.errors import SettingsError, WtaError
from wta.health.heartbeat import Heartbeat
from wta.ledger import ensure_format
from wta.metrics import WebhookMetrics
from wta.redis_access.clients import connect
from wta.settings import Settings, load_settings_or_exit
from wta.webhooks import Endpoint, endpoints

log = logging.getLogger(__name__)


def main() -> int:
    """Run until SIGTERM or Ctrl-C, and end what is in hand then. Returns the exit status."""
    settings = load_settings_or_exit()
    logs.setup(names.WEBHOOK_WORKER, settings)
    try:
        _run(settings)
    except WtaError as error:
        log.critical("cannot start: %s", error)
        return 1
    return 0


def _run(settings: Settings) -> None:
    """Raises SettingsError where no address is named, LedgerFormatError where another version wrote the ledger."""
    found = {endpoint.id: endpoint for endpoint in endpoints(settings.webhook_urls, settings.webhook_http_hosts)}
    if not found or settings.webhook_secret is None:
        raise SettingsError("WTA_WEBHOOK_URLS names no address: nobody is to be told of results.")
    sender = Sender(settings.webhook_secret.get_secret_value(), settings.webhook_timeout_s)
    model = ",".join(f"{endpoint.id}@{endpoint.host}" for endpoint in found.values())
    client, metrics = connect(settings), WebhookMetrics()
    _check_format(client)
    loop = _loop(client, found, sender, metrics, settings)
    heartbeat = Heartbeat(client, names.WEBHOOK_WORKER, model, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    heartbeat.start()
    metrics.serve(settings)
    log.info("ready model=%s", model)
    loop.run()
    heartbeat.stop()


def _loop(
    client: redis.Redis, found: dict[str, Endpoint], sender: Sender, metrics: WebhookMetrics, settings: Settings
) -> DeliveryLoop:
    deliveries = Deliveries(client, settings)
    service = WebhookService(deliveries, found, sender, metrics, settings)
    return DeliveryLoop(deliveries, list(found), service.deliver)


def _check_format(client: redis.Redis) -> None:
    try:
        ensure_format(client)
    except redis.RedisError as error:  # the loop waits for it
        log.warning("Redis is away: %s", error)


if __name__ == "__main__":
    sys.exit(main())
