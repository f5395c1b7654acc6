"""Says whether strangers can reach the web service and speak, because it has no keys."""

from __future__ import annotations

import ipaddress

from wta.settings import Settings


def open_to_strangers(settings: Settings) -> str | None:
    """A sentence for the operator where other machines reach the service and no key is needed; else None.

    They reach it where it listens on more than this machine, or where it has a name, so that a proxy or tunnel hands it
    requests.
    """
    named = settings.allowed_hosts.strip(", ")
    if settings.api_keys or (_is_loopback(settings.host) and not named):
        return None
    where = f"as {named}" if named else f"at {settings.host}"
    return (
        f"Everybody who reaches this server {where} may speak, because WTA_API_KEYS is empty."
        " `python -m wta keys new NAME` makes a key (docs/security.md)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
