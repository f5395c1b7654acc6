"""Entry file of the web service: it makes the application that uvicorn serves."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from fastapi_service.access.key_rotation import KeySettings
from fastapi_service.api import certificates, health, links, server_sent_events, sessions
from fastapi_service.api.exception_handlers import add_exception_handlers
from fastapi_service.asgi.allowed_hosts import AllowedHosts
from fastapi_service.asgi.body_limits import BodyLimits
from fastapi_service.asgi.request_ids import RequestIds
from fastapi_service.asgi.security_headers import SecurityHeaders
from fastapi_service.asgi.trusted_proxies import TrustedProxies
from fastapi_service.audio.sandbox import can_lock_in
from fastapi_service.concurrency import cancel_and_wait, vital_task
from fastapi_service.dashboard import routes as dashboard_routes
from fastapi_service.dashboard.admins import Admins
from fastapi_service.dashboard.dashboard import Dashboard
from fastapi_service.deepgram.connection import DeepgramConnection
from fastapi_service.drain import Drain
from fastapi_service.files import routes as files_routes
from fastapi_service.files.jobs import FileJobs
from fastapi_service.housekeeping import Housekeeping
from fastapi_service.openai import routes as openai_routes
from fastapi_service.realtime.connection import RealtimeConnection
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.admission import allowed_origins
from fastapi_service.sessions.connection import Connection
from fastapi_service.twilio.connection import TwilioConnection
from wta import __version__, logs
from wta.exposure import open_to_strangers
from wta.settings import Settings, load_settings_or_exit

log = logging.getLogger(__name__)

_ABOUT = """The server turns speech into text, and rates the sentiment of each sentence. Live speech goes over a
WebSocket: `/ws/audio` (docs/protocol.md, docs/asyncapi.yaml), `/v1/listen` (docs/deepgram.md) or `/v1/realtime`
(docs/realtime.md); a call comes to `/ws/twilio` (docs/twilio.md). docs/api.md lists every interface."""
_STATIC = Path(__file__).parent / "static"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the whole application. Without `settings`, they are read from the environment."""
    settings = settings or load_settings_or_exit()
    # Swagger's page would need an inline script and one from another host. The description itself is served.
    app = FastAPI(
        title="WhisperTextAnalyzer", version=__version__, lifespan=_lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", description=_ABOUT, license_info={"name": "MIT", "identifier": "MIT"},
    )  # fmt: skip
    app.state.settings = settings
    app.state.certificate_names = certificates.CertificateNames(settings.allowed_hosts)
    if origins := allowed_origins(settings):
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["*"],  # OpenAI's client in a browser sends a dozen of its own
            expose_headers=["x-request-id", "x-resume-token", "x-unread-seconds", "x-failed-sentences", "Retry-After"],
        )  # fmt: skip
    app.add_middleware(BodyLimits, uploads=(f"{files_routes.router.prefix}/", f"{openai_routes.router.prefix}/"))
    app.add_middleware(SecurityHeaders, frame_ancestors=settings.frame_ancestors)
    app.add_middleware(TrustedProxies, trusted=settings.forwarded_allow_ips)
    app.add_middleware(AllowedHosts, setting=settings.allowed_hosts)
    app.add_middleware(RequestIds)
    add_exception_handlers(app)
    app.include_router(health.router)
    app.include_router(certificates.router)
    app.include_router(sessions.router)
    app.include_router(links.router)
    app.include_router(files_routes.router)
    app.include_router(server_sent_events.router)
    app.include_router(openai_routes.router)
    app.include_router(dashboard_routes.router)
    app.add_api_websocket_route("/ws/audio", _audio)
    app.add_api_websocket_route("/ws/twilio", _call)
    app.add_api_websocket_route("/v1/listen", _listen)
    app.add_api_websocket_route("/v1/realtime", _realtime)
    app.add_api_route("/", _index, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/dashboard", _dashboard, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/captions/{session_id}", _captions, methods=["GET", "HEAD"], include_in_schema=False)
    for ending, media_type in _MEDIA_TYPES.items():  # the registry of Windows may say text/plain, which browsers refuse
        mimetypes.add_type(media_type, ending)
    app.mount("/static", StaticFiles(directory=_STATIC, check_dir=False), name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    logs.setup("fastapi_service", settings)
    app.state.server = server = ServerState.open(settings)
    app.state.files = files = FileJobs(server)
    files.spool_uploads()
    app.state.dashboard = Dashboard(server.redis, server.ledger, settings)
    app.state.admins = admins = Admins(server.redis, settings)

    def rotate(keys: KeySettings) -> None:
        server.credentials.rotate(keys.api_keys, keys.reader_keys)
        admins.rotate(keys.admin_keys)

    tasks = [
        vital_task(server.subscriptions.run(), "what listens to Redis"),
        vital_task(Housekeeping(server, rotate).run(), "the housekeeping"),
    ]
    if not can_lock_in():
        log.warning("files are decoded without a sandbox: this system has none (docs/security.md)")
    if warning := open_to_strangers(settings):
        log.warning("%s", warning)
    Drain(server).listen()
    server.metrics.serve(settings, settings.web_processes)
    log.info("ready for http://%s:%d", f"[{settings.host}]" if ":" in settings.host else settings.host, settings.port)
    try:
        yield
    finally:
        await cancel_and_wait(tasks)
        await files.close()
        await server.close()
        log.info("stopped")


async def _audio(websocket: WebSocket) -> None:
    await Connection(websocket, websocket.app.state.server).run()


async def _call(websocket: WebSocket) -> None:
    await TwilioConnection(websocket, websocket.app.state.server).run()


async def _listen(websocket: WebSocket) -> None:
    await DeepgramConnection(websocket, websocket.app.state.server).run()


async def _realtime(websocket: WebSocket) -> None:
    await RealtimeConnection(websocket, websocket.app.state.server).run()


async def _index() -> FileResponse:
    return FileResponse(_STATIC / "index.html")


async def _dashboard() -> FileResponse:
    return FileResponse(_STATIC / "dashboard" / "index.html")


async def _captions() -> FileResponse:
    """The page of a session's captions. It shows nothing without the link's token, which only the browser knows."""
    return FileResponse(_STATIC / "captions" / "index.html")
