"""Asks the page's address for what the page asks, to find out what a proxy in front lacks: `wta doctor --url`."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from wta.doctor.finding import Finding, found, missing
from wta.messages import Error, parse_server

_TIMEOUT_S = 10.0
_MEGABYTES = 4
"""Size of the upload that is tried. Some proxies take 1 MB, unless they are told otherwise."""
_RECIPE = "docs/deploy.md, Behind your own proxy"
_NAME_UNKNOWN, _TOO_LARGE = 421, 413


def check_address(url: str) -> Iterator[Finding]:
    """Yield what the address lacks. The last checks are left out where the page is not there."""
    base = f"{url.rstrip('/')}/"
    page = _page(base)
    yield page
    if not page.mend:
        yield _websocket(base)
        yield _upload(base)


def _page(base: str) -> Finding:
    try:
        answer = httpx.get(f"{base}api/config", timeout=_TIMEOUT_S, verify=_any_certificate())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return missing(
            "page", f"{base} does not answer: {error}", f"start the proxy, or correct its address ({_RECIPE})"
        )
    if answer.status_code == _NAME_UNKNOWN:
        return missing("page", answer.text.strip(), f"WTA_ALLOWED_HOSTS={urlsplit(base).hostname}")
    if answer.is_success and "key_needed" in answer.text:
        return found("page", f"{base} is served")
    detail = f"{base}api/config answers {answer.status_code}, so that something else is there than this service"
    return missing("page", detail, f"let the proxy pass on what is below {urlsplit(base).path} ({_RECIPE})")


def _websocket(base: str) -> Finding:
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    address = f"{base.replace('http', 'ws', 1)}ws/audio"
    try:
        tls = _any_certificate() if parts.scheme == "https" else None
        with connect(address, origin=Origin(origin), open_timeout=_TIMEOUT_S, ssl=tls) as socket:
            with suppress(ConnectionClosed):  # a page that is refused is refused at once
                socket.send('{"type": "stop"}')  # as the first message this is refused too, and opens no session
            answer = parse_server(socket.recv(timeout=_TIMEOUT_S, decode=True))
    except InvalidHandshake as error:
        mend = f"let the proxy pass on Upgrade and Connection by HTTP/1.1 ({_RECIPE})"
        return missing("WebSocket", f"does not open: {error}", mend)
    except (OSError, WebSocketException, ValidationError) as error:
        return missing("WebSocket", f"gives no answer: {error!r}", f"compare the proxy with {_RECIPE}")
    if isinstance(answer, Error) and answer.code == "origin_refused":
        mend = f"let the proxy say X-Forwarded-Host ({_RECIPE}), or set WTA_ALLOWED_ORIGINS={origin}"
        return missing("WebSocket", answer.message, mend)
    return found("WebSocket", f"opens for pages of {origin}")


def _upload(base: str) -> Finding:
    body = b"\0" * (_MEGABYTES << 20)
    try:
        answer = httpx.put(f"{base}api/files/doctor", content=body, timeout=_TIMEOUT_S, verify=_any_certificate())
    except httpx.HTTPError:  # refused before it was whole, which the service does, but no proxy
        return found("uploads", "reach the service")
    if answer.status_code == _TOO_LARGE:
        return missing("uploads", f"of {_MEGABYTES} MB are refused", f"nginx: client_max_body_size 2g; ({_RECIPE})")
    return found("uploads", f"of {_MEGABYTES} MB are passed on")


def _any_certificate() -> ssl.SSLContext:
    """The server's own certificate, which browsers warn of, is no fault of the proxy's. Nothing secret is sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
