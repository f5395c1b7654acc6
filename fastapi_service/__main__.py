"""`python -m fastapi_service` runs the web service until a signal stops it."""

from __future__ import annotations

import uvicorn

from fastapi_service.asgi.http_protocol import HttpProtocol
from fastapi_service.asgi.websocket_protocol import WebSocketProtocol
from fastapi_service.service import create_app
from wta.settings import Settings, load_settings_or_exit


def make_server(settings: Settings) -> uvicorn.Server:
    """Return uvicorn as this service needs it: small frames, no compression, half-open connections found in 40 s."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.max_frame_bytes,
        ws_per_message_deflate=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=20,
        access_log=False,
        log_level="warning",
        server_header=False,
        log_config=None,
    )
    return uvicorn.Server(config)


def main() -> None:
    """Serve with the settings of the environment. Exits if they are wrong."""
    make_server(load_settings_or_exit()).run()


if __name__ == "__main__":
    main()
