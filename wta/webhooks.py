"""Where results are sent, as the operator's settings say, and the secret that they are signed with."""

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
"""What standardwebhooks.com asks for."""


@dataclass(frozen=True)
class Endpoint:
    """One address. It may hold a secret in its path: logs name `id` and `host` only."""

    id: str
    url: str
    host: str


def endpoints(urls: str, http_hosts: str = "") -> list[Endpoint]:
    """Of `https://…` addresses with commas between. Raises ValueError without repeating one.

    Plain http is for this machine itself, and for the hosts that `http_hosts` names.
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
        raise ValueError("wants addresses that begin with https://, several with commas between")
    address = _address(host)
    if address and (address.is_link_local or address.is_multicast or address.is_unspecified):
        raise ValueError("names an address that is no server's (link-local, multicast or unspecified)")
    if parts.scheme == "http" and host not in plain and not (address and address.is_loopback):
        raise ValueError("takes http:// only for this machine and for hosts of WTA_WEBHOOK_HTTP_HOSTS: use https://")
    return Endpoint(hashlib.sha256(url.encode()).hexdigest()[:8], url, host)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def new_secret() -> str:
    """256 random bits, as receivers' libraries want them."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raises ValueError without repeating it."""
    try:
        size = len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True))
    except binascii.Error:
        size = 0
    if not secret.startswith(_PREFIX) or size not in _SECRET_BYTES:
        raise ValueError("wants whsec_ and 24 to 64 random bytes in base64; see `python -m wta keys webhook`")
