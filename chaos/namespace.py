"""A network namespace, in which packets can be lost without harm to the rest of the machine. Needs root.

A fault that wants one is made by a child process inside it, which hands on its verdict.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from chaos.registry import Fault

_INSIDE = "CHAOS_OWN_NETWORK"
_ENTER = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
_VERDICT = re.compile(r"^(?P<verdict>[A-Z]{4}) \d+ [^:]+: (?P<words>.*?)(  \(\d+ s\))?$", re.MULTILINE)
_SPARE_S = 60.0


def inside() -> bool:
    """Tell whether this process runs in a namespace of its own."""
    return os.environ.get(_INSIDE) == "1"


def available() -> bool:
    """Tell whether a namespace can be made here: as root, with iptables and iproute2, where the kernel allows it."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "iptables", "iptables-restore"))):
        return False
    return _succeeds([*_ENTER, "iptables", "--list", "--numeric"])


def verdict_inside(fault: Fault, seed: int, folder: Path, trace: bool) -> tuple[str, str]:
    """Make one fault in a child process inside a new namespace; returns its verdict and its words."""
    options = ["--seed", str(seed), "--keep", str(folder), *(["--trace"] if trace else [])]
    command = [*_ENTER, sys.executable, "-m", "chaos", str(fault.number), *options]
    done = subprocess.run(
        command, env=os.environ | {_INSIDE: "1"}, stdout=subprocess.PIPE, text=True, check=False,
        timeout=fault.limit_s + _SPARE_S,
    )  # fmt: skip
    said = _VERDICT.search(done.stdout)
    if said is None:
        raise AssertionError(f"the process in the namespace ended with {done.returncode}: {done.stdout}")
    return said["verdict"], said["words"]


def drop_connections(pids: Iterable[int], server_port: int) -> int:
    """Lose every packet of the connections that these processes have to a port, both ways: half-open TCP.

    New connections work. Returns how many connections were silenced.
    """
    pids = set(pids)
    ours = [c for c in psutil.net_connections("tcp") if c.pid in pids]
    ports = {c.laddr.port for c in ours if c.laddr and c.raddr and c.raddr.port == server_port}
    rules = [
        f"-A INPUT -p tcp --sport {a} --dport {b} -j DROP"
        for port in ports
        for a, b in ((port, server_port), (server_port, port))
    ]
    text = "\n".join(["*filter", *rules, "COMMIT", ""])
    subprocess.run(["iptables-restore", "--noflush"], input=text, text=True, check=True)
    return len(ports)


def lose_packets(share: float) -> None:
    """Lose this share (0 to 1) of all packets. TCP sends them again."""
    rule = ["-A", "INPUT", "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability", str(share)]
    subprocess.run(["iptables", *rule, "-j", "DROP"], check=True)


def delay_packets(seconds: float) -> bool:
    """Delay every packet by so many seconds. Returns False where this kernel has no netem."""
    ms = f"{seconds * 1000:.0f}ms"
    jitter = f"{seconds * 200:.0f}ms"
    return bool(shutil.which("tc")) and _succeeds(
        ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", ms, jitter]
    )


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
