"""Faults of Redis: it dies, or loses its disk, its memory, or the end of its file."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from chaos.errors import NeedsRootError
from chaos.lab import Lab
from chaos.refusals import Refusal, refusal
from chaos.registry import fault
from tests.support.redis_server import RedisServer
from wta import names
from wta.client import Pace
from wta.names import CloseCode

_TMPFS_MB = 9
_KILLS = 3


@fault(9, "redis SIGKILL, three times under load", limit_s=240)
def killed(lab: Lab) -> str:
    speakers = [lab.speak(4, pace=Pace.REALTIME) for _ in range(2)]
    for _ in range(_KILLS):
        time.sleep(lab.random.uniform(1.0, 2.5))
        lab.kill_and_restart("redis")
    back = time.monotonic()
    count = lab.check(speakers)
    return f"{count} utterances, once each, {time.monotonic() - back:.1f} s after the last kill"


@fault(10, "power loss", limit_s=120)
def power_loss(lab: Lab) -> str:
    assert lab.client().config_get("appendfsync") == {"appendfsync": "always"}, "not every write reaches the disk"
    speaker = lab.speak(5, pace=Pace.REALTIME)
    lab.until(lambda: len(speaker.history.acknowledged) >= 2, 60, "nothing was acknowledged")
    acknowledged = set(speaker.history.acknowledged)
    safe_bytes = _aof(lab.stack.redis).stat().st_size
    lab.until(lambda: _aof(lab.stack.redis).stat().st_size > safe_bytes + 1000, 60, "nothing more was written")
    copy = RedisServer(lab.folder / "after-power-loss")
    shutil.copytree(_folder(lab.stack.redis), _folder(copy), dirs_exist_ok=True)
    torn = lab.random.randrange(safe_bytes, _aof(copy).stat().st_size)
    lost_bytes = _aof(copy).stat().st_size - torn
    os.truncate(_aof(copy), torn)
    try:
        copy.start()
        there = {uid for uid in acknowledged if copy.client().exists(names.utterance_key(uid))}
    finally:
        copy.stop()
    assert there == acknowledged, f"lost: {acknowledged - there}"
    return f"{len(there)} of {len(acknowledged)} acknowledged are there, {lost_bytes} bytes torn off"


@fault(11, "disk full", limit_s=300, shared=False)
def disk_full(lab: Lab) -> str:
    other = lab.like_this()
    with _small_disk(other) as disk, other.supervised("redis"):
        other.start()
        speaker = other.speak(6, pace=Pace.REALTIME)
        other.until(lambda: speaker.history.acknowledged, 60, "nothing was acknowledged")
        ballast = disk / "ballast"
        _fill(ballast)
        refused = other.until(lambda: _refused(other, ballast), 60, "a new session was not refused")
        other.until(lambda: _not_ready(other), 60, "/readyz finds nothing wrong")
        ballast.unlink()
        freed = time.monotonic()
        count = other.check([speaker])
        took_s = time.monotonic() - freed
    return f"refused with {refused} and 503; {count} utterances once each, {took_s:.0f} s after there was room"


@fault(12, "maxmemory")
def memory_full(lab: Lab) -> str:
    client = lab.client()
    before: Any = client.config_get("maxmemory")["maxmemory"]
    speaker = lab.speak(2, pace=Pace.REALTIME)
    lab.until(lambda: speaker.session_id, 30, "no session")
    client.config_set("maxmemory", int(client.info("memory")["used_memory"] / 0.8))
    try:
        refused = lab.until(lambda: refusal(lab.stack.ws_url), 20, "a new session was not refused")
        assert refused and refused.code == CloseCode.FULL, f"closed with {refused}"
        count = lab.check([speaker])
    finally:
        client.config_set("maxmemory", before)
    lab.until(lambda: refusal(lab.stack.ws_url) is None, 20, "sessions are still refused")
    return f"new ones refused at 80 % with {refused}, who was speaking went on: {count} utterances"


@fault(15, "publish to the queue fails")
def queue_away(lab: Lab) -> str:
    speaker = lab.speak(4, pace=Pace.REALTIME)
    lab.until(lambda: speaker.history.acknowledged, 60, "nothing was acknowledged")
    redis = lab.process("redis")
    redis.stop()
    time.sleep(0.5)  # what was on its way has come
    acked = speaker.acked_samples
    time.sleep(4)
    assert speaker.acked_samples == acked, "audio was acknowledged without Redis"
    redis.start()
    count = lab.check([speaker])
    return f"nothing acknowledged in 4 s without Redis; then {count} utterances, once each"


def _refused(lab: Lab, ballast: Path) -> Refusal | None:
    _fill(ballast)
    return refusal(lab.stack.ws_url)


def _not_ready(lab: Lab) -> bool:
    status = httpx.get(f"{lab.stack.http_url}/readyz", timeout=30).status_code
    return status == httpx.codes.SERVICE_UNAVAILABLE


def _folder(server: RedisServer) -> Path:
    return server.process.log.parent / "appendonlydir"


def _aof(server: RedisServer) -> Path:
    """Return the file that Redis appends to."""
    return max(_folder(server).glob("*.incr.aof"))


def _fill(file: Path) -> None:
    """Write into the file until the disk is full."""
    with file.open("ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return


@contextmanager
def _small_disk(lab: Lab) -> Iterator[Path]:
    """Put Redis's folder on a small file system in a mount namespace. Yields the folder as seen from here."""
    folder = lab.stack.redis.process.log.parent
    if os.geteuid() != 0:
        raise NeedsRootError("a small file system has to be mounted")
    mount = f"mount -t tmpfs -o size={_TMPFS_MB}m tmpfs '{folder}' && echo mounted && exec sleep infinity"
    holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        if not holder.stdout.readline():
            raise NeedsRootError("no file system may be mounted")
        process = lab.stack.redis.process
        process.command = ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", *process.command]
        process.log = folder.parent / "redis.log"
        yield Path(f"/proc/{holder.pid}/root") / folder.relative_to("/")
    finally:
        lab.stop()
        holder.kill()
        holder.wait()
