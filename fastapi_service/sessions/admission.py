"""Who gets a session: the checks before `ready`."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from fastapi_service.access.connection_slots import full
from fastapi_service.server_state import Services
from fastapi_service.sessions.flow_control import window_samples
from wta.errors import ProtocolError
from wta.health import presence
from wta.ledger import Session, UnknownSessionError
from wta.messages import Limits, Options, Ready, Start
from wta.names import CloseCode
from wta.settings import Settings


def allowed_origins(settings: Settings) -> list[str]:
    """Origins beside our own whose pages may use this server."""
    return [o.rstrip("/") for o in (part.strip() for part in settings.allowed_origins.split(",")) if o]


def check_origin(headers: Headers, settings: Settings) -> None:
    """A browser says which page is talking: only ours may, and those the settings name. Raises ProtocolError."""
    origin = headers.get("origin")
    if origin is None or origin in allowed_origins(settings) or urlsplit(origin).netloc == headers.get("host"):
        return
    raise ProtocolError("unauthorized", "This page may not use this server.", CloseCode.UNAUTHORIZED)


def admit(services: Services, start: Start, authorized: bool) -> tuple[Session, Ready]:
    """Open or resume the session. Blocking.

    Args:
        authorized: whether the handshake had a good key; else `start` must have a token, where keys are configured.

    Raises ProtocolError where it may not be, redis.RedisError where Redis is away.
    """
    session = _resume(services, start) if start.resume_token else _open(services, start, authorized)
    return session, _ready(services, session, resumed=start.resume_token is not None)


def _open(services: Services, start: Start, authorized: bool) -> Session:
    if services.access.keys and not authorized:
        services.access.use_token(start.token)
    check_load(services)
    check_options(services, start.options)
    return services.ledger.open_session(start.sample_rate, start.options)


def check_load(services: Services) -> None:
    """Blocking. Raises ProtocolError where the server is too far behind, or too full, for somebody new."""
    behind_s = services.ledger.queue_seconds()
    if behind_s > services.settings.max_queue_s:
        raise full(f"The server is {behind_s:.0f} s behind. Try again in a few minutes.")
    if services.ledger.memory_fraction() > services.settings.max_memory_fraction:
        raise full("The server has no room for more speech right now. Try again in a few minutes.")


def check_options(services: Services, options: Options) -> None:
    """Blocking. Raises ProtocolError where the running speech model cannot do what is asked for.

    Where no worker is known nothing can be said: what then comes and cannot do it, says so for each sentence.
    """
    able = presence.abilities(services.redis)
    if not able.languages:
        return
    if options.language and options.language not in able.languages:
        knows = "knows English only" if able.languages == ("en",) else "does not know that language"
        raise ProtocolError("unsupported", f"The speech model here {knows}: not {options.language!r}.")
    if options.task and options.task not in able.tasks:
        raise ProtocolError("unsupported", f"The speech model here cannot {options.task}.")


def _resume(services: Services, start: Start) -> Session:
    try:
        session = services.ledger.resume_session(start.resume_token or "")
    except UnknownSessionError as error:
        raise ProtocolError("unknown_resume_token", str(error)) from error
    if session.sample_rate_hz != start.sample_rate:
        raise ProtocolError("rate_changed", f"This session's sample rate is {session.sample_rate_hz} Hz.")
    return session


def _ready(services: Services, session: Session, resumed: bool) -> Ready:
    settings = services.settings
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
        models=presence.models(services.redis),
        options=session.options,
    )
