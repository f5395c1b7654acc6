"""Several hosts on one machine: network namespaces of the tests' own, joined by a bridge in one more of them."""

from __future__ import annotations

import secrets
import subprocess

_NET = "10.77.0."


class Hosts:
    """Named hosts that see each other and nothing else. Needs root; nothing is changed outside of the namespaces."""

    def __init__(self, *names: str) -> None:
        self._prefix = f"wta{secrets.token_hex(2)}"
        self._switch = f"{self._prefix}-switch"
        self._names = names
        self._made: list[str] = []

    def address(self, name: str) -> str:
        return f"{_NET}{self._names.index(name) + 1}"

    def command(self, name: str, command: list[str]) -> list[str]:
        """The command line that runs `command` on a host."""
        return ["ip", "netns", "exec", self._namespace(name), *command]

    def start(self) -> None:
        """Make the hosts. Raises subprocess.CalledProcessError where this process may not."""
        self._add(self._switch)
        self._ip(self._switch, "link", "add", "bridge", "type", "bridge")
        self._ip(self._switch, "link", "set", "bridge", "up")
        for name in self._names:
            self._connect(name)

    def set_link(self, name: str, state: str) -> None:
        """Set a host's link `up` or `down`; down is a pulled cable: packets vanish and nobody is told."""
        self._ip(self._switch, "link", "set", f"to-{name}", state)

    def stop(self) -> None:
        """Remove the hosts, and with them their links."""
        for namespace in self._made:
            subprocess.run(["ip", "netns", "delete", namespace], check=False)

    def _namespace(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _add(self, namespace: str) -> None:
        subprocess.run(["ip", "netns", "add", namespace], check=True, capture_output=True)
        self._made.append(namespace)
        self._ip(namespace, "link", "set", "lo", "up")

    def _connect(self, name: str) -> None:
        host = self._namespace(name)
        self._add(host)
        self._ip(self._switch, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", host)
        self._ip(self._switch, "link", "set", f"to-{name}", "master", "bridge", "up")
        self._ip(host, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
        self._ip(host, "link", "set", "eth0", "up")

    @staticmethod
    def _ip(namespace: str, *arguments: str) -> None:
        subprocess.run(["ip", "-n", namespace, *arguments], check=True, capture_output=True)
