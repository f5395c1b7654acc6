"""The address of the server that a command connects to."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from wta.settings import Settings

_PATH = "/ws/audio"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listening address -> address to connect to


def websocket_url(url: str | None, settings: Settings) -> str:
    """The WebSocket address to connect to. `url` may begin with http://, or have no path; None: the settings say it."""
    if url is None:
        host = _EVERYWHERE.get(settings.host, settings.host)
        url = f"ws://{f'[{host}]' if ':' in host else host}:{settings.port}"
    parts = urlsplit(url if "://" in url else f"ws://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit(parts._replace(scheme=scheme, path=parts.path if parts.path.strip("/") else _PATH))
