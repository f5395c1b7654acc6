"""Writes which site Caddy serves: DOMAIN where it is set, else the addresses this machine is reached by.

Usage: address.py FILE. Needs nothing but Python, and the host's network to see its addresses.
"""

import os
import socket
import sys
from pathlib import Path


def outward_address() -> str | None:
    """The address this machine has towards the rest of the world. Sends nothing: UDP's connect only chooses a way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def site(domain: str, address: str | None, hostname: str) -> dict[str, str]:
    """Caddy's variables. A client that calls an address sends no name: it gets the certificate of DEFAULT_SNI."""
    if domain:
        return {"SITE": domain, "DEFAULT_SNI": domain.partition(",")[0].strip()}
    names = ["localhost", *([address] if address else []), f"{hostname.partition('.')[0]}.local"]
    return {"SITE": ", ".join(dict.fromkeys(names)), "DEFAULT_SNI": address or "localhost"}


if __name__ == "__main__":
    variables = site(os.environ.get("DOMAIN", ""), outward_address(), socket.gethostname())
    Path(sys.argv[1]).write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    sys.stdout.write("Page: " + "  ".join(f"https://{name.strip()}" for name in variables["SITE"].split(",")) + "\n")
