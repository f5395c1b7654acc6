"""From the service's settings to those of a speech engine, with the model that `auto` stands for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import redis

from stt_worker.settings import AUTO, SttSettings
from wta import names
from wta.errors import ModelError
from wta.health import presence
from wta.redis_access.clients import connect
from wta.settings import Settings

if TYPE_CHECKING:
    from stt_worker.models.choice.auto import Choice

log = logging.getLogger(__name__)


def with_model(settings: Settings) -> SttSettings:
    """Settings of a worker's engine. For `auto` it takes the best that is on this machine, and says why in the log.

    It fetches a model only where there is none at all. Raises `ModelError`.
    """
    asked = stt_settings(settings)
    if asked.model != AUTO or asked.engine == "measured":  # that engine has no model at all
        return asked
    try:
        chosen = choice(settings, fetch=False)
    except ModelError:
        chosen = choice(settings, fetch=True)
    log.info("WHISPER_MODEL=auto chose %s (%s)", chosen.model, chosen.reason)
    return asked.model_copy(update={"model": chosen.model})


def choice(settings: Settings, *, fetch: bool) -> Choice:
    """What `auto` stands for on this machine. Raises `ModelError` where no model can be had."""
    from stt_worker.models.choice.auto import choose  # noqa: PLC0415 - it loads torch, which not every engine needs

    asked = stt_settings(settings)
    return choose(asked, task=settings.stt_task, fetch=fetch, speech_is_on=lambda: speech_is_on(settings))


def stt_settings(settings: Settings) -> SttSettings:
    """The engine's settings, in which the model may still be `auto`."""
    return SttSettings(
        model=settings.whisper_model,
        models_dir=settings.models_dir,
        engine=settings.stt_engine,
        threads=settings.threads,
        language=settings.language,
        languages=settings.languages,
        download_timeout_s=settings.download_timeout_s,
    )


def speech_is_on(settings: Settings) -> bool:
    """Whether a web process has sessions now; not where Redis does not answer."""
    client = connect(settings)
    try:
        return any(one.sessions for one in presence.living_processes(client) if one.kind == names.WEB)
    except redis.RedisError:
        return False
    finally:
        client.close()
