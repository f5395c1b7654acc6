"""The checks of `python -m wta doctor`."""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator

from wta.doctor import machine
from wta.doctor.finding import Finding, found, missing, optional
from wta.doctor.model_commands import MODEL_MODULES, run_model_command
from wta.doctor.redis_check import check_live_redis, check_redis
from wta.doctor.requirements import missing_packages
from wta.errors import WtaError
from wta.exposure import open_to_strangers
from wta.ports import check_can_listen
from wta.settings import PROJECT_ROOT, Settings

_PYTHON = (3, 11)
_TIMEOUT_S = 2.0
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Yield one finding after the other; some take seconds. Nothing on the machine is changed."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _packages, check_redis, check_live_redis, _port, _names, _keys, _log, machine.check_cores,
        machine.check_memory, machine.check_processor, machine.check_disk, machine.check_flush, machine.check_line_ends,
        _chromium, _espeak, _microphone,
    )  # fmt: skip
    yield from (check(settings) for check in checks)
    yield from (_models(module, settings) for module in MODEL_MODULES)


def _python(_: Settings) -> Finding:
    version = platform.python_version()
    if sys.version_info[:2] < _PYTHON:
        return missing("Python", f"{version} is too old", "install Python 3.11 or newer, then: make setup")
    return found("Python", version)


def _packages(_: Settings) -> Finding:
    requirements = PROJECT_ROOT / "requirements.txt"
    if not requirements.is_file():
        return found("packages", "there is no requirements.txt here, as in a container")
    names = missing_packages(requirements)
    if names:
        return missing("packages", f"not installed: {', '.join(names)}", "make setup")
    return found("packages", "all installed")


def _port(settings: Settings) -> Finding:
    what = f"port {settings.port}"
    try:
        check_can_listen(settings.host, settings.port)
    except OSError as error:
        if _answers_health(settings):
            return found(what, "the system is running there")
        return missing(what, f"cannot be used: {error.strerror}", "choose another: WTA_PORT=8001 make run")
    return found(what, "is free")


def _names(settings: Settings) -> Finding:
    named = settings.allowed_hosts.strip(" ,")
    if named or settings.host in _THIS_MACHINE:
        return found("names", named or "localhost, addresses, names without a dot, and .local")
    detail = "the page opens under addresses, names without a dot and of private networks only"
    mend = "name others, such as WTA_ALLOWED_HOSTS=speech.example.org; `wta doctor --url` asks for the page by its name"
    return optional("names", detail, mend)


def _answers_health(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _log(settings: Settings) -> Finding:
    path = settings.result_log.absolute()
    target = path if path.exists() else path.parent
    if target.exists() and not os.access(target, os.W_OK):
        return missing("log", f"{target} cannot be written", "set WTA_RESULT_LOG to a file that can be written")
    return found("log", str(path))


def _keys(settings: Settings) -> Finding:
    if warning := open_to_strangers(settings):
        return optional("keys", warning, "python -m wta keys new NAME")
    words = "needed to speak" if settings.api_keys else "none needed: only this machine reaches the service"
    return found("keys", words)


def _chromium(_: Settings) -> Finding:
    if path := next(filter(None, map(shutil.which, _CHROMIUM)), None):
        return found("Chromium", path)
    return optional("Chromium", "is not installed; only tests need it", "apt-get install chromium")


def _espeak(_: Settings) -> Finding:
    if path := shutil.which("espeak-ng"):
        return found("espeak-ng", path)
    return optional("espeak-ng", "is not installed; only tests need it", "apt-get install espeak-ng")


def _microphone(_: Settings) -> Finding:
    from wta.client.microphone import Microphone  # noqa: PLC0415 - packages may be missing, which _packages reports

    try:
        return found("microphone", Microphone().name)
    except WtaError as error:
        return optional("microphone", "none for `stream --mic`; the page in a browser has its own", str(error))


def _models(module: str, settings: Settings) -> Finding:
    what = "speech model" if module.startswith("stt") else "sentiment model"
    answer = run_model_command(module, "verify", settings, quiet=True)
    words = (answer.stdout if answer.returncode == 0 else answer.stderr).strip().splitlines()
    last = words[-1] if words else f"status {answer.returncode}"
    if answer.returncode:
        return missing(what, last, "python -m wta models fetch")
    return found(what, last)
