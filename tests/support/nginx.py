"""A real nginx with the recipe of docs/deploy.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

import httpx

from tests.support.processes import ROOT, Process, free_port
from tests.support.require import binary
from tests.support.wait import wait_until

_MAIN = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def recipe() -> str:
    """The server block of docs/deploy.md."""
    document = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    found = re.search(r"^```nginx\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


class Nginx:
    """The recipe without TLS, on a port of 127.0.0.1 (or another address), before a web service."""

    def __init__(
        self, folder: Path, upstream: str, without: str = "", further: str = "", address: str = "127.0.0.1"
    ) -> None:
        """`upstream`: address and port of the web service; `without`: word of lines to leave out; `further`: a line."""
        self.port = free_port()
        self.url = f"http://{address}:{self.port}/speech/"
        lines = [re.sub(r"\s+#.*", "", line) for line in recipe().splitlines() if not (without and without in line)]
        server = "\n".join(line for line in lines if not re.search(r"ssl_certificate|listen \[::\]", line))
        server = server.replace("listen 443 ssl", f"listen {address}:{self.port}").replace("127.0.0.1:8000", upstream)
        server = server.replace("proxy_http_version 1.1;", f"proxy_http_version 1.1; {further}")
        folder.mkdir(parents=True)
        config = folder / "nginx.conf"
        config.write_text(_MAIN.format(folder=folder, server=server))
        command = [binary("nginx", "apt-get install nginx-light"), "-p", str(folder), "-c", str(config)]
        self.process = Process("nginx", command, {}, folder / "nginx.log")

    def __enter__(self) -> Self:
        self.process.start()
        wait_until(self._answers, 20, "nginx does not answer")
        return self

    def _answers(self) -> bool:
        assert self.process.running, self.process.tail()
        return bool(httpx.get(self.url).status_code)

    def __exit__(self, *_: object) -> None:
        self.process.stop()
