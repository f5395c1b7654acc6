"""The ribbon's trend is the server's: the same cases as tests/wta/test_mood.py."""

from __future__ import annotations

import json

import pytest

from tests.browser.support.listener_page import ListenerPage
from tests.support.processes import ROOT

_CASES = json.loads((ROOT / "tests" / "golden" / "mood.json").read_text(encoding="utf-8"))


def test_the_page_computes_the_mood_that_the_server_computes(idle_page: ListenerPage) -> None:
    found = idle_page.page.evaluate(
        """async (cases) => {
          const { direction, trend } = await import("/static/sentences/mood.js");
          return cases.map(({ moods }) => {
            const points = trend(moods.map(([mood, score], at) => ({ mood, score, start: at, end: at })));
            return { levels: points.map(({ value }) => value), trend: direction(points) };
          });
        }""",
        _CASES,
    )
    for case, computed in zip(_CASES, found, strict=True):
        assert computed["trend"] == case["trend"], case["name"]
        assert computed["levels"] == pytest.approx(case["levels"], abs=1e-6), case["name"]
