"""Each model is doubted by its own thresholds."""

from __future__ import annotations

import pytest

from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.guards.thresholds import with_thresholds
from stt_worker.models.from_openai import URLS
from stt_worker.settings import SilenceGuardSettings, SttSettings

PUBLISHED = frozenset(URLS)


@pytest.mark.parametrize("model", sorted(URLS))
def test_every_published_model_shows_sure_words_and_hides_unsure_ones_over_silence(model: str) -> None:
    guard = SilenceGuard(with_thresholds(SttSettings(model=model), PUBLISHED).guard)
    said = Evidence("we will meet again at three", avg_logprob=-0.2, no_speech_prob=0.05, seconds=3)
    invented = Evidence("we will meet again at three", avg_logprob=-1.3, no_speech_prob=0.8, seconds=3)
    assert guard.objection(said) is None
    assert guard.objection(invented) is not None


def test_a_model_that_was_not_measured_has_the_rules_of_openai_whisper() -> None:
    between = Evidence("we will meet again at three", avg_logprob=-0.7, no_speech_prob=0.7, seconds=3)
    judged = {
        model: SilenceGuard(with_thresholds(SttSettings(model=model), PUBLISHED).guard).objection(between)
        for model in ("tiny.en", "large-v3")
    }
    assert judged == {"tiny.en": "no speech", "large-v3": None}
    assert with_thresholds(SttSettings(model="large-v3"), PUBLISHED).retry_logprob == -1.0


def test_what_was_set_on_purpose_stays() -> None:
    own = SttSettings(model="small", retry_logprob=-0.5, guard=SilenceGuardSettings(no_speech_prob=0.9))
    assert with_thresholds(own, PUBLISHED) == own
    by_path = SttSettings(model="models/mine.pt")
    assert with_thresholds(by_path, PUBLISHED) == by_path
