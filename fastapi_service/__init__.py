"""The web service: a speaker's WebSocket, the page, and the health of the whole."""

import wta  # noqa: F401 - before onnxruntime: it switches off what that would report
