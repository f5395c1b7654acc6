"""Writes which site Caddy serves: DOMAIN where it is set, else the addresses by which this machine is reached.

Usage: address.py FILE. It needs nothing but Python, and the host's network, so that it sees the host's addresses.
"""

import os
import socket
import sys
from pathlib import Path


def outward_address() -> str | None:
    """The address of this machine on its way to the internet; None without a network.

    Nothing is sent: connecting a UDP socket only chooses a route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def site(domain: str, address: str | None, hostname: str) -> dict[str, str]:
    """Make Caddy's variables. A client that calls an IP address sends no name, and gets DEFAULT_SNI's certificate."""
    if domain:
        return {"SITE": domain, "DEFAULT_SNI": domain.partition(",")[0].strip()}
    names = ["localhost", *([address] if address else []), f"{hostname.partition('.')[0]}.local"]
    return {"SITE": ", ".join(dict.fromkeys(names)), "DEFAULT_SNI": address or "localhost"}


if __name__ == "__main__":
    variables = site(os.environ.get("DOMAIN", ""), outward_address(), socket.gethostname())
    Path(sys.argv[1]).write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    sys.stdout.write("Page: " + "  ".join(f"https://{name.strip()}" for name in variables["SITE"].split(",")) + "\n")
