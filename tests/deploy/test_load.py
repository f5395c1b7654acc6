"""The load test, small: all of it that is real is real here too."""

from __future__ import annotations

from benchmarks.load.__main__ import play
from benchmarks.load.system import Size


def test_many_speakers_over_several_web_processes_lose_nothing() -> None:
    found = play(Size(sessions=20, workers=2, web_processes=2), minutes=0.25)
    assert found["sentences"] >= 20
    assert (found["lost"], found["doubled"], found["broken_connections"]) == (0, 0, 0)
    assert found["log_lines"] == found["sentences"]
    assert 0 < found["text_ms"]["p50"] <= found["sentiment_ms"]["p95"]
    assert set(found["cores_used"]) == {"listener", "load", "redis", "sentiment workers", "speech workers", "web"}
