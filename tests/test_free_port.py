"""Ports for servers of tests."""

from __future__ import annotations

import random

import pytest

from tests.support import processes
from tests.support.processes import free_port


def test_no_port_is_given_to_two_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given chance that says the same twice, and a port that nobody listens at yet
    monkeypatch.setattr(processes, "_random", random.Random(7))
    first = free_port()
    monkeypatch.setattr(processes, "_random", random.Random(7))
    # When another is asked for, expect another
    assert free_port() != first
