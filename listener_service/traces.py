"""Each result as an OpenTelemetry trace: one span for its way, one for each step of it, never its text.

Optional: made only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector; needs opentelemetry-sdk and
opentelemetry-exporter-otlp-proto-http. The other variables of OpenTelemetry (OTEL_SERVICE_NAME, …) count as usual.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wta.errors import SettingsError
from wta.messages import Result
from wta.metrics import UTTERANCE_STEPS

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Traces:
    """Turns the times that a result carries into spans, so that no service has to measure for it."""

    def __init__(self, provider: TracerProvider, ids: Any) -> None:
        self._provider = provider
        self._ids = ids
        self._tracer = provider.get_tracer("wta")

    @classmethod
    def from_environment(cls) -> Traces | None:
        """Make traces for the collector that the environment names; None where it names none.

        Raises SettingsError where the packages for it are missing.
        """
        if not os.environ.get(_VARIABLE):
            return None
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        except ImportError as error:
            packages = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
            raise SettingsError(f"{_VARIABLE} is set, but traces need: pip install {packages}") from error

        class Ids(RandomIdGenerator):
            """Gives each trace the id that its utterance has had in all services."""

            current = 0

            def generate_trace_id(self) -> int:
                return self.current

        ids = Ids()
        provider = TracerProvider(id_generator=ids)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return cls(provider, ids)

    def add(self, result: Result) -> None:
        """Hand over the spans of a result, which a thread then sends. A result without times has none."""
        from opentelemetry.trace import set_span_in_context

        times = result.timings
        if times.captured is None or times.published is None:
            return
        self._ids.current = int(result.trace_id, 16)
        attributes: dict[str, str | float] = {
            "wta.session": result.session_id, "wta.seq": result.seq, "wta.status": str(result.status),
            "wta.audio_seconds": result.audio_seconds, "wta.label": str(result.label or "none"),
            "wta.model.stt": result.models.stt or "", "wta.model.sentiment": result.models.sentiment or "",
        }  # fmt: skip
        whole = self._tracer.start_span("utterance", start_time=_ns(times.captured), attributes=attributes)
        context = set_span_in_context(whole)
        for name, begin, end in UTTERANCE_STEPS:
            since, until = getattr(times, begin), getattr(times, end)
            if name != "total" and since is not None and until is not None:
                self._tracer.start_span(name, context, start_time=_ns(since)).end(_ns(max(since, until)))
        whole.end(_ns(times.published))

    def close(self) -> None:
        """Send what has not been sent yet, and end."""
        self._provider.shutdown()


def _ns(unix_s: float) -> int:
    return round(unix_s * 1e9)
