"""The address of a client, and the network that counts as one address."""

from __future__ import annotations

import ipaddress

from starlette.requests import HTTPConnection

_IPV6_NETWORK = 64
"""Bits of the network that one household or machine usually gets. Within it, one can use any number of addresses."""


def client_host(connection: HTTPConnection) -> str | None:
    """Return the address from which a request or a WebSocket comes, or None if it is not known."""
    return connection.client.host if connection.client else None


def is_this_machine(host: str | None) -> bool:
    """Return whether the address is a loopback address."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def network_of(host: str | None) -> str:
    """Return what counts as one address: an IPv4 address or an IPv6 network.

    All hosts that are neither share the address "".
    """
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address)
