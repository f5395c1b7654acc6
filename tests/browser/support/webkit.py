"""WebKitGTK, driven over WebDriver (https://www.w3.org/TR/webdriver2/), on a screen that nobody sees."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.browser.support.program import started
from tests.support.processes import free_port
from tests.support.wait import wait_until

DRIVER_HINT, SCREEN_HINT = "apt-get install webkit2gtk-driver", "apt-get install xvfb"
_PATIENCE_S = 60.0
_SANDBOX = "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"  # root has none in a container, and the page is our own

_ARGUMENTS = ["--automation", "--enable-media-stream=true", "--enable-mock-capture-devices=true"]
"""The microphone is WebKit's own stand-in, which beeps."""


class WebKit:
    """One browser with one page."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/session"
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": {"args": _ARGUMENTS}}
        self._base += "/" + self._order("", capabilities={"alwaysMatch": wanted})["sessionId"]

    def open(self, url: str) -> None:
        self._order("/url", url=url)
        self.wait("document.documentElement.dataset.ready")

    def evaluate(self, expression: str) -> Any:
        return self._order("/execute/sync", script=f"return {expression}", args=[])

    def click(self, selector: str) -> None:
        """As a reader clicks: some things are allowed only then, sound among them."""
        (element,) = self._order("/element", using="css selector", value=selector).values()
        self._order(f"/element/{element}/click")

    def wait(self, expression: str) -> Any:
        return wait_until(lambda: self.evaluate(expression), _PATIENCE_S, f"never: {expression}")

    def close(self) -> None:
        self._send(urllib.request.Request(self._base, method="DELETE"))

    def _order(self, path: str, **body: Any) -> Any:
        data = json.dumps(body).encode()
        kind = {"content-type": "application/json"}
        return self._send(urllib.request.Request(self._base + path, data, kind, method="POST"))

    @staticmethod
    def _send(request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            return json.load(answer)["value"]


@contextmanager
def running(driver: str, screen: str, folder: Path) -> Iterator[WebKit]:
    """A browser with a home of its own in `folder`."""
    port, (seen, shown) = free_port(), os.pipe()
    with ExitStack() as stack:
        xvfb = [screen, "-displayfd", str(shown), "-screen", "0", "1180x820x24", "-nolisten", "tcp"]
        stack.enter_context(started(xvfb, os.environ, folder / "xvfb.log", pass_fds=(shown,)))
        os.close(shown)
        with os.fdopen(seen) as number:
            display = f":{number.readline().strip()}"
        home = {name: str(folder) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
        env = {**os.environ, **home, "DISPLAY": display, _SANDBOX: "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
        stack.enter_context(started([driver, f"--port={port}"], env, folder / "webkit.log"))
        wait_until(lambda: _listens(port), _PATIENCE_S, "the driver never listened")
        browser = WebKit(port)
        stack.callback(browser.close)
        yield browser


def _listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5).close()
    except OSError:
        return False
    return True
