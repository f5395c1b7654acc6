"""Reads the operator's settings of webhooks: where results are sent, and the secret that signs them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
"""Allowed sizes of a secret in bytes; source: the specification of standardwebhooks.com."""


@dataclass(frozen=True)
class Endpoint:
    """One address that results are sent to. Its path may hold a secret, so that logs name only `id` and `host`."""

    id: str
    """The first 8 hexadecimal digits of the SHA-256 of `url`."""
    url: str
    host: str


def endpoints(urls: str, http_hosts: str = "") -> list[Endpoint]:
    """Read `https://…` addresses with commas between them.

    Plain http:// is allowed for this machine itself and for the hosts that `http_hosts` names, with commas between
    them. Raises ValueError, whose message repeats no address, where one cannot be used.
    """
    plain = {"localhost", *(host.strip().lower() for host in http_hosts.split(",") if host.strip())}
    found = [_endpoint(url, plain) for url in (part.strip() for part in urls.split(",")) if url]
    if len({endpoint.id for endpoint in found}) < len(found):
        raise ValueError("names one address twice")
    return found


def _endpoint(url: str, plain: set[str]) -> Endpoint:
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"https", "http"}:
        raise ValueError("must hold addresses that begin with https://, with commas between several")
    address = _address(host)
    if address and (address.is_link_local or address.is_multicast or address.is_unspecified):
        raise ValueError("names an address that no server can have (link-local, multicast or unspecified)")
    if parts.scheme == "http" and host not in plain and not (address and address.is_loopback):
        raise ValueError(
            "may name http:// only for this machine and for the hosts of WTA_WEBHOOK_HTTP_HOSTS: use https://"
        )
    return Endpoint(hashlib.sha256(url.encode()).hexdigest()[:8], url, host)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def new_secret() -> str:
    """Make a secret of 256 random bits, in the form that receivers' libraries read."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raise ValueError, whose message does not repeat the secret, where it cannot be used."""
    try:
        size = len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True))
    except binascii.Error:
        size = 0
    if not secret.startswith(_PREFIX) or size not in _SECRET_BYTES:
        raise ValueError(
            "the secret must be whsec_ and 24 to 64 random bytes in base64; `python -m wta keys webhook` makes one"
        )
