"""`python -m build` makes an archive and a wheel that work where there is no checkout.

The wheel goes into a virtual environment of its own. The packages that it needs are those of the tests' environment,
because installing them anew would take minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.processes import ROOT, Process, free_port
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta import __version__

_NOT_SOURCE = ("models", "node_modules", "tests", "benchmarks", "chaos", "docs")
"""Folders of the project that are not part of the package, and large."""


def _ignored(folder: str, names: list[str]) -> set[str]:
    hidden = {name for name in names if name.startswith(".") or name in {"__pycache__", "build"}}
    return hidden | (set(_NOT_SOURCE) if Path(folder) == ROOT else set())


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and an empty folder to run it in."""

    bin: Path
    home: Path
    archive: Path
    env: dict[str, str]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        env = os.environ | self.env
        return subprocess.run(command, cwd=self.home, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Installed:
    """The wheel, built out of the source archive and installed."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT, folder / "source", ignore=_ignored)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", folder / "source"]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    (archive,) = (folder / "dist").glob("*.tar.gz")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True)
    (site_packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site_packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    home = folder / "home"
    home.mkdir()
    env = {
        "HOME": str(home), "WTA_REDIS_URL": redis_server.url, "WTA_PORT": str(free_port()),
        "WTA_MODELS_DIR": str(ROOT / "models"), "PYTHONPATH": "",
    }  # fmt: skip
    return Installed(python.parent, home, archive, env)


def test_archive_and_wheel_have_the_version_of_the_code(installed: Installed) -> None:
    assert installed.archive.name == f"whispertextanalyzer-{__version__}.tar.gz"
    script = "from importlib.metadata import version; print(version('whispertextanalyzer'))"
    assert installed.run(installed.bin / "python", "-c", script).stdout.strip() == __version__


def test_the_installed_command_helps(installed: Installed) -> None:
    for arguments in (["--help"], ["stream", "--help"]):
        helped = installed.run(installed.bin / "wta", *arguments)
        assert helped.returncode == 0 and "Usage" in helped.stdout, helped.stderr


def test_the_installed_doctor_finds_nothing_missing(installed: Installed) -> None:
    found = installed.run(installed.bin / "wta", "doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert str(installed.home) in found.stdout, "data of an installed package is in the user's folder"


def test_the_command_says_that_it_cannot_run_everything_without_a_checkout(installed: Installed) -> None:
    refused = installed.run(installed.bin / "wta", "run")
    assert refused.returncode == 1 and "needs a checkout" in refused.stderr


def test_the_package_names_every_package_that_command_and_client_import(installed: Installed) -> None:
    script = Path(__file__).with_name("installed.py")
    found = json.loads(installed.run(installed.bin / "python", script).stdout)
    assert all(str(installed.bin.parent) in file for file in found["files"]), "not the installed code"
    assert {"typer", "websockets"} <= set(found["needed"])
    assert set(found["needed"]) <= set(found["named"])


@pytest.fixture
def web(installed: Installed) -> Iterator[Process]:
    command = [str(installed.bin / "python"), "-m", "fastapi_service"]
    process = Process("web", command, installed.env, installed.home / "web.log")
    process.cwd = installed.home
    process.start()
    yield process
    process.stop()


def test_the_installed_web_service_has_page_and_scripts(installed: Installed, web: Process) -> None:
    url = f"http://127.0.0.1:{installed.env['WTA_PORT']}"
    wait_until(lambda: httpx.get(f"{url}/healthz").is_success, 30, "the web service does not answer")
    static = ROOT / "fastapi_service" / "static"
    for path in ("main.js", "texts/en.js", "dashboard/main.js"):
        assert httpx.get(f"{url}/static/{path}").text == (static / path).read_text()
    assert "<html" in httpx.get(url).text
    workers = ["stt_worker", "analyzer_worker"]
    wait_until(lambda: httpx.get(f"{url}/readyz").json()["missing"] == workers, 30, "more than the workers is missing")
    # The ledger's scripts are there as well, and without them housekeeping would fail.
    assert "Traceback" not in web.log.read_text()
