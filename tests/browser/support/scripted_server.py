"""A server that says what a test tells it to: for faults that the real one cannot be made to show on demand."""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from fastapi_service.asgi.security_headers import SecurityHeaders
from tests.support.processes import ROOT
from tests.support.wait import wait_until

STATIC = ROOT / "fastapi_service" / "static"
_PATIENCE_S = 20.0


ENGLISH: dict[str, Any] = {
    "models": {"stt": "tiny.en", "sentiment": "scripted"}, "languages": ["en"], "tasks": ["transcribe"],
    "defaults": {"language": None, "task": "transcribe", "endpoint_ms": 400, "words": False},
    "least_endpoint_ms": 300, "most_endpoint_ms": 2000,
}  # fmt: skip
MULTILINGUAL = ENGLISH | {
    "models": {"stt": "base", "sentiment": "scripted"}, "languages": ["en", "ko", "de"],
    "tasks": ["transcribe", "translate"],
}  # fmt: skip


class Visit:
    """One connection of a page, with everything it sent."""

    def __init__(self, websocket: WebSocket, start: dict[str, Any]) -> None:
        self.start = start
        self.rate_hz: int = start["sample_rate"]
        self.audio = bytearray()
        self.frame_samples: list[int] = []
        self.texts: list[dict[str, Any]] = []
        self.acknowledging = False
        self._websocket = websocket
        self._loop = asyncio.get_running_loop()

    @property
    def samples(self) -> int:
        return len(self.audio) // 2

    def say(self, type_: str, **fields: Any) -> None:
        self._run(self._websocket.send_json({"type": type_, **fields}))

    def say_all(self, messages: list[dict[str, Any]]) -> None:
        """Many messages at once."""

        async def send() -> None:
            for message in messages:
                await self._websocket.send_json(message)

        self._run(send())

    def ready(self, session_id: str = "s1", next_sample: int = 0, window_s: float = 30.0, **fields: Any) -> None:
        limits = {
            "max_unacked_samples": round(window_s * self.rate_hz), "max_frame_bytes": 65_536, "idle_timeout_s": 60.0,
        }  # fmt: skip
        models = {"stt": "tiny.en", "sentiment": "scripted"}
        self.say(
            "ready", protocol=1, session_id=session_id, resume_token=f"token-{session_id}", next_sample=next_sample,
            resumed=next_sample > 0, limits=limits, models=models, **fields,
        )  # fmt: skip

    def utterance(self, seq: int, text: str, label: str | None = None, score: float = 0.97, **fields: Any) -> None:
        """Say a whole utterance of 2 s; its sentiment only where there is a `label`."""
        named = {"utterance_id": f"s1:{seq}", "seq": seq}
        self.say(
            "final", **named, start=seq * 3.0, end=seq * 3.0 + 2.0, text=text, event_id=f"{seq}-1", model="tiny.en",
            **fields,
        )  # fmt: skip
        if label:
            self.say("sentiment", **named, label=label, score=score, scores={label: score}, event_id=f"{seq}-2")

    def done(self) -> None:
        summary = {"utterances": 0, "words": 0, "audio_seconds": 0.0, "labels": {}, "failed": 0}
        self.say("done", session_id="s1", summary=summary)
        with suppress(WebSocketDisconnect):  # the page closes as well
            self.close(1000)

    def close(self, code: int) -> None:
        self._run(self._websocket.close(code))

    def wait_audio(self, seconds: float) -> None:
        wait_until(lambda: self.samples >= seconds * self.rate_hz, _PATIENCE_S, "the page sent too little audio")

    def wait_text(self, type_: str) -> None:
        wait_until(lambda: any(t["type"] == type_ for t in self.texts), _PATIENCE_S, f"the page never said {type_}")

    def _run(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_PATIENCE_S)

    async def listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (data := message.get("bytes")) is not None:
                self.audio += data
                self.frame_samples.append(len(data) // 2)
                if self.acknowledging:
                    await self._websocket.send_json({"type": "ack", "sample": self.samples})
            else:
                self.texts.append(json.loads(message["text"]))


class ScriptedServer:
    """The page's own files with the service's own headers, and a WebSocket without a will of its own."""

    def __init__(self, frame_ancestors: str = "") -> None:
        """`frame_ancestors`: as WTA_FRAME_ANCESTORS."""
        self._frame_ancestors = frame_ancestors
        self.visits: queue.Queue[Visit] = queue.Queue()
        self.speech: dict[str, Any] | None = ENGLISH
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Listen; on the same port when it listened before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(self._app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=0)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        wait_until(lambda: self._server is not None and self._server.started, _PATIENCE_S, "the server never started")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Away: connections break, new ones are refused."""
        if self._server is None or self._thread is None:
            return
        self._server.force_exit = self._server.should_exit = True
        self._thread.join()
        self._server = None

    def visit(self) -> Visit:
        """The next connection that has said `start`."""
        return self.visits.get(timeout=_PATIENCE_S)

    def _app(self) -> SecurityHeaders:
        async def index(_request: Any) -> FileResponse:
            return FileResponse(Path(STATIC) / "index.html")

        async def config(_request: Any) -> JSONResponse:
            told = {"key_needed": False, "retention_s": 86_400, "max_file_bytes": 1_000_000}
            return JSONResponse(told | ({"speech": self.speech} if self.speech else {}))

        routes = [
            Route("/", index),
            Route("/api/config", config),
            WebSocketRoute("/ws/audio", self._accept),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        return SecurityHeaders(Starlette(routes=routes), self._frame_ancestors)

    async def _accept(self, websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            visit = Visit(websocket, await websocket.receive_json())
        except WebSocketDisconnect:
            return
        self.visits.put(visit)
        await visit.listen()
