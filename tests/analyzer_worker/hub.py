"""A hub on this machine that has one model: what huggingface_hub asks of it, and no more."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(model: str, files: dict[str, bytes], damaged: bool = False, commit: str = COMMIT) -> Iterator[str]:
    """URL of a hub with `model`; a damaged one sends other weights than it announces."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            name = Path(self.path.partition("?")[0]).name
            if self.path.startswith(f"/api/models/{model}/tree/"):
                tree = [{"type": "file", "path": file, "size": len(files[file]), "oid": "0"} for file in files]
                self._send(json.dumps(tree).encode(), {}, body)
            elif self.path.startswith(f"/api/models/{model}/"):
                siblings = [{"rfilename": file} for file in files]
                self._send(json.dumps({"id": model, "sha": commit, "siblings": siblings}).encode(), {}, body)
            elif self.path.startswith(f"/{model}/resolve/") and name in files:
                sha256 = hashlib.sha256(files[name]).hexdigest()
                content = files[name][::-1] if damaged and name.endswith("safetensors") else files[name]
                self._send(content, {"ETag": f'"{sha256}"', "X-Repo-Commit": commit}, body)
            else:
                self.send_error(404)

        def _send(self, content: bytes, headers: dict[str, str], body: bool) -> None:
            self.send_response(200)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
