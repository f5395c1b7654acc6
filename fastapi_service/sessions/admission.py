"""The checks that decide who gets a session. They come before `ready`."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from fastapi_service.access.connection_slots import full
from fastapi_service.access.refused_names import shown
from fastapi_service.server_state import ServerState
from fastapi_service.sessions.flow_control import window_samples
from wta.errors import ProtocolError, RefusedError, UnknownSessionError
from wta.health import presence
from wta.health.delay import delay_s
from wta.ledger import Session
from wta.messages import Limits, Options, Ready, Start
from wta.names import CloseCode
from wta.settings import Settings

_MOST_LAG_S = 1.0
"""Live text is worth nothing when each step on its way is this late."""


def allowed_origins(settings: Settings) -> list[str]:
    """Return the origins, besides the server's own, whose pages may use this server."""
    return [o.rstrip("/") for o in (part.strip() for part in settings.allowed_origins.split(",")) if o]


def check_origin(headers: Headers, server: ServerState) -> None:
    """Check that a request comes from this server's own page or from an allowed origin. Raises RefusedError if not.

    Programs other than browsers send no `Origin` header, and pass.
    """
    origin = headers.get("origin")
    if origin is None or origin in allowed_origins(server.settings) or _is_own(origin, headers.get("host", "")):
        return
    name = shown(origin) if origin != "null" else None  # a page that is a file, or hides where it comes from
    server.refused_origins.tell(name)
    allow = f" Its operator can allow it: WTA_ALLOWED_ORIGINS={name}" if name else ""
    raise RefusedError("origin_refused", f"This page may not use this server.{allow}", CloseCode.UNAUTHORIZED)


_PORTS = {"http": 80, "https": 443}


def _is_own(origin: str, host: str) -> bool:
    """Whether a page of this origin was asked for by this Host. Without a port, both mean the one of the scheme."""
    try:
        page = urlsplit(origin)
        own = urlsplit(f"{page.scheme}://{host}")
        usual = _PORTS.get(page.scheme)
        same_port = (page.port or usual) == (own.port or usual)
    except ValueError:  # a port or an address that is none
        return False
    return bool(usual and page.hostname) and page.hostname == own.hostname and same_port


def admit(server: ServerState, start: Start, owner: str | None, host: str | None) -> tuple[Session, Ready]:
    """Open or resume the session that `start` asks for. Blocking.

    Args:
        owner: the name of the key that the handshake had. If it had none, and the server has keys, `start` needs a
            token.
        host: the client's address.

    Raises ClientError if the session may not be opened, and redis.RedisError if Redis does not answer.
    """
    session = _resume(server, start) if start.resume_token else _open(server, start, owner, host)
    return session, _ready(server, session, resumed=start.resume_token is not None)


def _open(server: ServerState, start: Start, owner: str | None, host: str | None) -> Session:
    if server.credentials.keys and owner is None:
        owner = server.credentials.redeem_token(start.token)
    server.session_rate.check(host, owner)
    check_load(server)
    check_options(server, start.options)
    return server.ledger.open_session(start.sample_rate, start.options, owner or "")


def check_load(server: ServerState) -> None:
    """Check that there is room for a new session. Blocking.

    Raises RefusedError if too much audio waits for the workers, if this process is late with those it has, or if too
    little of Redis's memory is free.
    """
    if server.loop_lag_s > _MOST_LAG_S:
        raise full("The server has as many speakers as it can follow. Try again in a few minutes.")
    behind_s = delay_s(server.redis, server.ledger)
    if behind_s > server.settings.max_queue_s:
        raise full(f"The server is {behind_s:.0f} s behind. Try again in a few minutes.")
    if server.ledger.memory_fraction() > server.settings.max_memory_fraction:
        raise full("The server has no room for more speech right now. Try again in a few minutes.")


def check_options(server: ServerState, options: Options) -> None:
    """Check that the running speech model can do what a session asks for. Blocking. Raises RefusedError if not.

    If no speech worker is known, everything is accepted. A worker that starts later and lacks the ability then
    answers each sentence with an error.
    """
    able = presence.abilities(server.redis)
    if not able.languages:
        return
    for language in filter(None, (options.language, *(options.languages or ()))):
        if language not in able.languages:
            knows = "knows English only" if able.languages == ("en",) else "does not know that language"
            raise RefusedError("unsupported", f"The speech model here {knows}: not {language!r}.")
    if options.task and options.task not in able.tasks:
        raise RefusedError("unsupported", f"The speech model here cannot {options.task}.")


def _resume(server: ServerState, start: Start) -> Session:
    try:
        session = server.ledger.resume_session(start.resume_token or "")
    except UnknownSessionError as error:
        raise ProtocolError("unknown_resume_token", str(error)) from error
    server.credentials.check_owner(session.key)
    if session.sample_rate_hz != start.sample_rate:
        raise ProtocolError("rate_changed", f"This session's sample rate is {session.sample_rate_hz} Hz.")
    return session


def _ready(server: ServerState, session: Session, resumed: bool) -> Ready:
    settings = server.settings
    limits = Limits(
        max_unacked_samples=window_samples(settings, session.sample_rate_hz),
        max_frame_bytes=settings.max_frame_bytes,
        idle_timeout_s=settings.idle_timeout_s,
    )
    return Ready(
        session_id=session.session_id,
        resume_token=session.resume_token,
        next_sample=session.acked_sample,
        resumed=resumed,
        limits=limits,
        models=presence.models(server.redis),
        options=session.options,
    )
