"""`python -m fastapi_service` runs the web service until it gets SIGTERM or Ctrl-C."""

from __future__ import annotations

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from fastapi_service.asgi.http_protocol import HttpProtocol
from fastapi_service.asgi.websocket_protocol import WebSocketProtocol
from wta.settings import Settings, load_settings_or_exit

_KEEP_ALIVE_S = 75
"""How long an idle HTTP connection stays open. Balancers keep theirs for 60 s; the side that sends requests must be the
first to close, or a request now and then meets a closed connection (502)."""


def make_config(settings: Settings) -> uvicorn.Config:
    """Configure uvicorn for this service: small frames, no compression, half-open connections are found within 40 s."""
    return uvicorn.Config(
        "fastapi_service.service:create_app",  # a name, because further processes make an application of their own
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.max_frame_bytes,
        ws_per_message_deflate=False,
        proxy_headers=False,  # create_app adds what believes a proxy (TrustedProxies)
        timeout_keep_alive=_KEEP_ALIVE_S,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=20,
        access_log=False,
        log_level="warning",
        server_header=False,
        log_config=None,
    )


def main() -> None:
    """Serve with the settings of the environment, in one process or in several that share the port."""
    config = make_config(load_settings_or_exit())
    if config.workers == 1:
        uvicorn.Server(config).run()
    else:
        Multiprocess(config, sockets=[config.bind_socket()]).run()


if __name__ == "__main__":
    main()
