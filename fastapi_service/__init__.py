"""The web service: WebSockets for speakers, HTTP routes, the page, and the dashboard."""

import wta  # noqa: F401 - comes before onnxruntime, because it switches off onnxruntime's telemetry
