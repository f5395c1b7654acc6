"""A download that breaks off goes on where it was, and ends with the whole file or with words that help."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wta.downloads import resumable
from wta.errors import ModelError

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


class Server(ThreadingHTTPServer):
    """Serves CONTENT, and closes each connection after `bytes_each` bytes of it."""

    bytes_each = len(CONTENT)
    knows_ranges = True
    content = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/model.pt"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "bytes=0-")
        self.server.asked.append(asked)
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if self.server.knows_ranges else 0
        if first >= len(self.server.content):
            self.send_error(416)
            return
        rest = self.server.content[first:]
        self.send_response(206 if self.server.knows_ranges and first else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.bytes_each])

    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what was asked."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def fetch(server: Server, target: Path, sha256: str = SHA256) -> None:
    resumable.download(server.url, target, sha256, timeout_s=5, wait=lambda _s: None)


def test_a_download_that_breaks_off_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    server.bytes_each = HALF
    fetch(server, tmp_path / "model.pt")
    assert (tmp_path / "model.pt").read_bytes() == CONTENT
    assert server.asked == ["bytes=0-", f"bytes={HALF}-"]
    assert list(tmp_path.iterdir()) == [tmp_path / "model.pt"]


def test_another_process_goes_on_with_what_is_there(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".model.pt.part").write_bytes(CONTENT[:HALF])
    fetch(server, tmp_path / "model.pt")
    assert server.asked == [f"bytes={HALF}-"]
    assert (tmp_path / "model.pt").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".model.pt.part").write_bytes(CONTENT)
    fetch(server, tmp_path / "model.pt")
    assert (tmp_path / "model.pt").read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_begins_anew(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    (tmp_path / ".model.pt.part").write_bytes(b"something else")
    fetch(server, tmp_path / "model.pt")
    assert (tmp_path / "model.pt").read_bytes() == CONTENT


def test_a_download_that_brings_nothing_new_is_given_up_and_what_came_is_kept(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".model.pt.part").write_bytes(CONTENT[:HALF])
    server.bytes_each = 0
    with pytest.raises(ModelError, match=r"model\.pt could not be downloaded: .* is kept"):
        fetch(server, tmp_path / "model.pt")
    assert (tmp_path / ".model.pt.part").read_bytes() == CONTENT[:HALF]
    assert not (tmp_path / "model.pt").exists()


def test_other_content_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[::-1]
    with pytest.raises(ModelError, match="not what was published"):
        fetch(server, tmp_path / "model.pt")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_said_before_anything_is_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(ModelError, match=r"0 MB left, and the model needs 1 MB more"):
        fetch(server, tmp_path / "model.pt")
