"""What a decoder could do if a file took it over: nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from fastapi_service.audio.file_decoder import FileFacts, decode_file
from fastapi_service.audio.sandbox import can_lock_in
from tests.support.encoded_audio import encoded

pytestmark = pytest.mark.skipif(not can_lock_in(), reason="only Linux on x86-64 and ARM64 can lock a decoder in")

_TRIES = {
    "a socket": "socket.socket()",
    "a UDP socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "a Unix socket": "socket.socket(socket.AF_UNIX)",
    "a pair of sockets": "socket.socketpair()",
    "a secret file": "open(sys.argv[1])",
    "the environment of the service": "open(f'/proc/{os.getppid()}/environ', 'rb')",
    "a new file": "open(sys.argv[1] + '.new', 'w')",
    "the removal of a file": "os.unlink(sys.argv[1])",
    "whether a file is there": "os.stat(sys.argv[1])",
    "a folder": "os.listdir('/')",
    "a process": "os.fork()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a signal to the service": "os.kill(os.getppid(), 0)",
    "more rights": "os.setuid(0)",
}


def run_locked(code: str, *args: str) -> str:
    lines = (
        "import os, socket, sys, threading",
        "from fastapi_service.audio.sandbox import lock_in",
        "assert lock_in()",
        code,
    )
    command = [sys.executable, "-c", "\n".join(lines), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("what", _TRIES)
def test_a_decoder_gets_nothing_but_its_file(what: str, tmp_path: Path) -> None:
    # Given a secret on the disk
    secret = tmp_path / "wta_redis_url"
    secret.write_text("a password")
    # When somebody who has taken the decoder over tries
    tried = f"try:\n    {_TRIES[what]}\n    print('got it')\nexcept PermissionError as error:\n    print('refused')"
    # Expect a refusal
    assert run_locked(tried, str(secret)) == "refused\n"
    assert secret.read_text() == "a password" and list(tmp_path.iterdir()) == [secret]


def test_a_decoder_may_use_threads_and_memory() -> None:
    code = "t = threading.Thread(target=lambda: print(len(bytearray(1 << 26)))); t.start(); t.join()"
    assert run_locked(code) == f"{1 << 26}\n"


async def test_every_file_is_decoded_in_a_locked_process_without_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a service with a secret in its environment, and a file too long to be decoded at once
    monkeypatch.setenv("WTA_REDIS_URL", "redis://wta:secret@redis")
    path = encoded(bytes(2 * 16_000 * 600), tmp_path / "long.wav")
    with path.open("rb") as file:
        async with aclosing(decode_file(file, 3600, FileFacts())) as blocks:
            await anext(blocks)
            # When its decoder is looked at
            environment, threads, files = await asyncio.to_thread(_look_at_the_child)
    # Expect nothing of that environment, no new rights, a filter of system calls, and no file but its three
    assert environment == b"OPENBLAS_NUM_THREADS=1\0"
    assert all("NoNewPrivs:\t1" in thread and "Seccomp:\t2" in thread for thread in threads)
    assert files <= {"0", "1", "2"}


async def test_a_file_given_up_halfway_ends_its_decoder_at_once(tmp_path: Path) -> None:
    # Given a decoder that waits, because nobody reads what it wrote
    path = encoded(bytes(2 * 16_000 * 60), tmp_path / "long.wav")
    with path.open("rb") as file:
        blocks = decode_file(file, 3600, FileFacts())
        await anext(blocks)
        await asyncio.sleep(1)
        # When the file is given up, expect the end of the decoder
        await asyncio.wait_for(blocks.aclose(), timeout=30)
    assert not _children()


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a", "webm"])
async def test_every_kind_of_file_can_be_decoded_behind_the_lock(kind: str, tmp_path: Path) -> None:
    path = encoded(bytes(2 * 16_000 * 3), tmp_path / f"speech.{kind}")
    with path.open("rb") as file:
        async with aclosing(decode_file(file, 60, FileFacts())) as blocks:
            decoded = b"".join([block async for block in blocks])
    assert len(decoded) == pytest.approx(2 * 16_000 * 3, rel=0.05)


def _look_at_the_child() -> tuple[bytes, list[str], set[str]]:
    """The environment of the only child of this process, the states of its threads, and its open files."""
    (pid,) = _children()
    child = Path("/proc", pid)
    states = [(thread / "status").read_text() for thread in (child / "task").iterdir()]
    return (child / "environ").read_bytes(), states, {file.name for file in (child / "fd").iterdir()}


def _children() -> list[str]:
    """The ids of the decoders of this process."""
    threads = Path(f"/proc/{os.getpid()}/task").iterdir()
    return [pid for thread in threads for pid in (thread / "children").read_text().split() if _is_decoder(pid)]


def _is_decoder(pid: str) -> bool:
    return b"decoder_process" in Path("/proc", pid, "cmdline").read_bytes()


async def test_a_decoder_has_one_thread_however_many_cores_there_are(tmp_path: Path) -> None:
    """Each more would take of the memory that it may have, 40 MB where it is NumPy's."""
    path = encoded(bytes(16_000 * 2 * 60), tmp_path / "talk.wav")
    with path.open("rb") as file:
        async with aclosing(decode_file(file, 3_600, FileFacts())) as audio:
            await anext(audio)
            _, threads, _ = await asyncio.to_thread(_look_at_the_child)
    assert len(threads) == 1
