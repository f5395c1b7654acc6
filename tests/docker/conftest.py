"""Containers for tests: built and started once, taken down at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.docker.composed import Composed
from tests.support.speech import Clip, recorded_clips

# They take an engine and ten minutes: `make test-docker` asks for them.
collect_ignore_glob = [] if "WTA_TEST_COMPOSE" in os.environ else ["test_*.py"]


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """Everything up and ready. Do not leave a service killed or scaled."""
    composed = Composed(os.environ["WTA_TEST_COMPOSE"].split(), tmp_path_factory.mktemp("composed"))
    composed.run("build", timeout_s=3600)
    try:
        composed.up()
        yield composed
    finally:
        composed.down()


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Six recordings with their text."""
    return recorded_clips(tmp_path_factory.mktemp("clips"))[:6]
