"""One request to somebody's server, signed as https://www.standardwebhooks.com says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from webhook_worker.bounded_network import BoundedTransport
from wta import __version__
from wta.messages import Result
from wta.webhooks import Endpoint

_GONE = 410
_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt."""

    arrived: bool
    words: str
    """Fit for a log: they hold neither an address nor what was said."""
    final: bool = False
    """Whether trying again makes no sense."""
    wait_s: float = 0.0
    """How long the receiver asks us to wait (`Retry-After`), in seconds."""


class Sender:
    """Signs and posts messages. Safe to use from several threads."""

    def __init__(self, secret: str, timeout_s: float) -> None:
        self._webhook = Webhook(secret)
        # Redirects are not followed: the operator alone says where results go.
        headers = {"User-Agent": f"whispertextanalyzer/{__version__}", "Content-Type": "application/json"}
        # No limit on connections: the threads are one already, and endpoints that hang would use up a common number.
        self._timeout_s = timeout_s
        self._transport = BoundedTransport(limits=httpx.Limits(max_connections=None))
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=False, headers=headers, transport=self._transport
        )

    def send(self, endpoint: Endpoint, message_id: str, body: str) -> Outcome:
        """Post a body to an endpoint. Raises nothing that the network can cause: that is in the outcome."""
        now = datetime.now(UTC)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message_id, now, body),
        }
        try:
            # Only the status counts: an answer's body is not read, however long it is.
            with (
                self._transport.until(self._timeout_s),
                self._client.stream("POST", endpoint.url, content=body.encode(), headers=headers) as answer,
            ):
                return _outcome(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(arrived=False, words=type(error).__name__)


def _outcome(answer: httpx.Response) -> Outcome:
    asked = answer.headers.get("retry-after", "")
    wait_s = min(_LONGEST_WAIT_S, float(asked)) if asked.isascii() and asked.isdecimal() else 0.0
    gone = answer.status_code == _GONE
    return Outcome(answer.is_success, f"status {answer.status_code}", final=gone, wait_s=wait_s)


def payload(result: Result) -> str:
    """Return the body of a message as JSON: type, time, and the result as `result_channel` has it."""
    when = datetime.fromtimestamp(result.timings.published, UTC) if result.timings.published else datetime.now(UTC)
    stamp = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f'{{"type":"result.{result.status}","timestamp":"{stamp}","data":{result.to_json()}}}'
