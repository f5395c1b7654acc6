"""Results as OpenTelemetry traces, as a collector gets them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import redis
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.listener_service.listener_runner import ListenerRunner
from tests.support.results import add, make_result
from tests.support.wait import wait_until
from wta.messages import Timings

_TRACE = "0123456789abcdef0123456789abcdef"


class Collector(HTTPServer):
    """Keeps the spans that are sent to it."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        import gzip

        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_result_is_a_trace_without_its_text(
    listener: ListenerRunner, redis_client: redis.Redis, collector: Collector
) -> None:
    # Given a listener that reports to a collector
    times = Timings(
        captured=100.0, cut=100.4, queued=100.4, stt_start=100.5, stt_end=100.8, analysed=101, published=101
    )
    process = listener.start(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}")
    # When a result comes
    add(redis_client, make_result(1, "a secret", trace_id=_TRACE, timings=times))
    listener.wait_for(1)
    assert listener.stop(process) == 0
    wait_until(lambda: collector.spans, 10, "the collector got nothing")

    # Expect a trace of its steps with their times, and no word of it
    spans = {span.name: span for span in collector.spans}
    assert spans.keys() == {"utterance", "endpoint", "queue_stt", "stt", "sentiment"}
    assert {span.trace_id.hex() for span in collector.spans} == {_TRACE}
    whole = spans.pop("utterance")
    assert all(span.parent_span_id == whole.span_id for span in spans.values())
    assert whole.end_time_unix_nano - whole.start_time_unix_nano == 1_000_000_000
    assert spans["stt"].end_time_unix_nano - spans["stt"].start_time_unix_nano == pytest.approx(3e8, abs=1e3)
    assert "secret" not in str(collector.spans)


def test_a_collector_that_is_away_stops_nothing(listener: ListenerRunner, redis_client: redis.Redis) -> None:
    process = listener.start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    add(redis_client, make_result(1, trace_id=_TRACE))
    listener.wait_for(1)
    assert listener.stop(process) == 0
