"""A real Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.browser.support.program import started
from tests.support.wait import wait_until

FIREFOX_HINT, SOUND_HINT = "apt-get install firefox-esr", "apt-get install pulseaudio"
_PATIENCE_S = 60.0
_PREFERENCES = {
    "media.navigator.streams.fake": True,  # a microphone that hears a tone
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "en-US",
    "browser.shell.checkDefaultBrowser": False,
    "browser.download.folderList": 2,
    "browser.helperApps.neverAsk.saveToDisk": "text/plain",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """One browser with one page."""

    def __init__(self, socket: ClientConnection, downloads: Path) -> None:
        self._socket = socket
        self._id = 0
        self.downloads = downloads
        self.complaints: list[str] = []
        """Errors of the page and its console."""
        self.version: str = self.order("session.new", capabilities={})["capabilities"]["browserVersion"]
        self.order("session.subscribe", events=["log.entryAdded"])
        self._context: str = self.order("browsingContext.getTree")["contexts"][0]["context"]

    def order(self, method: str, **params: Any) -> Any:
        """One command; returns its result. Raises RuntimeError where it fails."""
        self._id += 1
        self._socket.send(json.dumps({"id": self._id, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=_PATIENCE_S))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.complaints.append(str(message["params"]["text"]))
            if message.get("id") == self._id:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def open(self, url: str) -> None:
        self.order("browsingContext.navigate", context=self._context, url=url, wait="complete")
        self.wait("document.documentElement.dataset.ready")

    def evaluate(self, expression: str) -> Any:
        """A string, number, boolean or null of the page."""
        answer = self.order(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def wait(self, expression: str, timeout_s: float = _PATIENCE_S) -> Any:
        return wait_until(lambda: self.evaluate(expression), timeout_s, f"never: {expression}")

    def click(self, css: str) -> None:
        """As a finger of a mouse does it."""
        locator = {"type": "css", "value": css}
        node = self.order("browsingContext.locateNodes", context=self._context, locator=locator)["nodes"][0]
        into_view = "(element) => element.scrollIntoView({ block: 'center', behavior: 'instant' })"
        self.order(
            "script.callFunction", functionDeclaration=into_view, target={"context": self._context}, awaitPromise=False,
            arguments=[{"sharedId": node["sharedId"]}],
        )  # fmt: skip
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        actions = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.order(
            "input.performActions", context=self._context,
            actions=[{"type": "pointer", "id": "mouse", "actions": actions}],
        )  # fmt: skip

    def before_each_page(self, function: str) -> None:
        """A JavaScript function that runs before the page's own scripts."""
        self.order("script.addPreloadScript", functionDeclaration=function)


@contextmanager
def sound_card(program: str, folder: Path) -> Iterator[dict[str, str]]:
    """PulseAudio with an output that nobody hears: without any, Firefox starts no AudioContext. Environment for it."""
    folder.mkdir(parents=True)
    socket = folder / "socket"
    modules = ["module-null-sink", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
    command = [program, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm"]
    command += [part for module in modules for part in ("-L", module)]
    home = os.environ | {name: str(folder) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")}
    with started(command, home, folder / "log"):
        wait_until(socket.exists, _PATIENCE_S, "PulseAudio never listened")
        yield {"PULSE_SERVER": f"unix:{socket}"}


@contextmanager
def running(program: str, folder: Path, sound: dict[str, str]) -> Iterator[Firefox]:
    """A Firefox with a profile of its own in `folder`; `sound`: the environment of its sound card."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    preferences = _PREFERENCES | {"browser.download.dir": str(downloads)}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with started(command, os.environ | sound, folder / "firefox.log"):
        where = folder / "WebDriverBiDiServer.json"
        wait_until(lambda: where.is_file() and where.read_text(), _PATIENCE_S, "Firefox never listened")
        port = json.loads(where.read_text())["ws_port"]
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, ping_interval=None) as socket:
            yield Firefox(socket, downloads)
