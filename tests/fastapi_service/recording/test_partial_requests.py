"""What is measured of live text: how old it is when it comes, and how often none comes in time."""

from __future__ import annotations

import pytest
import redis

from fastapi_service.recording.partial_requests import PartialRequests
from wta.ledger import Ledger
from wta.live_audio import LiveAudio
from wta.metrics import WebMetrics
from wta.settings import Settings

_UID = "5e5510a000000001:1"


@pytest.fixture
def metrics(redis_client: redis.Redis, ledger: Ledger) -> WebMetrics:
    return WebMetrics(redis_client, ledger, lambda: 0)


@pytest.fixture
def partials(redis_client: redis.Redis, settings: Settings, metrics: WebMetrics) -> PartialRequests:
    partials = PartialRequests(LiveAudio(redis_client), settings, interim=True, metrics=metrics)
    partials.due(_UID)
    return partials


def measured(metrics: WebMetrics) -> tuple[float | None, float | None]:
    """How many live texts were measured, and how many sentences ended while one was asked for."""
    value = metrics.registry.get_sample_value
    return value("wta_live_text_seconds_count"), value("wta_live_unanswered_total")


def test_new_words_are_measured_from_the_first_request_that_brought_none(
    partials: PartialRequests, metrics: WebMetrics
) -> None:
    # When a worker has no time for the first request, and words for the second
    partials.request(_UID, b"\0" * 3200)
    partials.answered(_UID, "")
    assert measured(metrics) == (0, 0), "an answer without words is not live text"
    partials.request(_UID, b"\0" * 6400)
    partials.answered(_UID, "words")
    # Expect one live text, and nothing to be missing when the sentence ends
    partials.cut(_UID, None)
    assert measured(metrics) == (1, 0)


def test_a_sentence_that_ends_before_its_live_text_comes_is_counted(
    partials: PartialRequests, metrics: WebMetrics
) -> None:
    partials.request(_UID, b"\0" * 3200)
    partials.cut(_UID, None)
    assert measured(metrics) == (0, 1)
