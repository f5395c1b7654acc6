"""The address of Redis: which can be used, and as Celery must be given it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


def broker_url(redis_url: str) -> str:
    """Say aloud that a certificate is to be verified: Celery's library takes any where an address does not.

    redis-py verifies by default. Both verify the name, too, and read `ssl_ca_certs` from the address.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parse_qs(parts.query):
        return redis_url
    return parts._replace(query="&".join(filter(None, [parts.query, "ssl_cert_reqs=required"]))).geturl()


def check_redis_url(redis_url: str) -> None:
    """Raise ValueError, whose message does not repeat the address, where not every library can use it as it should."""
    parts = urlsplit(redis_url)
    if parts.scheme not in {"redis", "rediss"}:
        raise ValueError("must begin with redis:// or rediss:// (docs/deploy.md says what to do with a Sentinel)")
    query = parse_qs(parts.query)
    if query.get("ssl_cert_reqs", ["required"]) != ["required"] or "ssl_check_hostname" in query:
        raise ValueError("must verify Redis's certificate: name the authority by ssl_ca_certs=/path/to/ca.pem instead")
