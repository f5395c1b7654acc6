"""Thresholds by model: those that were measured, and openai-whisper's own rules for models that were not.

No-speech probability and log-probability mean something else in each model: larger ones are surer of their words.
"""

from __future__ import annotations

from typing import Any

from stt_worker.settings import SilenceGuardSettings, SttSettings

_MEASURED: dict[str, dict[str, Any]] = {"tiny.en": {}, "base": {}}
"""Model → what differs from the defaults of `SttSettings`, which are those of tiny.en. With base they rejected what
was written over all of 31 pieces of noise, hum, babble, silence and a kitchen, and none of 34 spoken sentences, where
openai-whisper's own rules let 8 of the 31 through."""
_OPENAI: dict[str, Any] = {
    "retry_logprob": -1.0,
    "guard": SilenceGuardSettings(
        no_speech_prob=0.6, certain_logprob=-1.0, doubtful_no_speech_prob=0.6, weak_logprob=-1.0, compression_ratio=2.4
    ),
}
"""Source: `whisper.transcribe()`, whose `no_speech_threshold`, `logprob_threshold` and `compression_ratio_threshold`
these are: nobody spoke where the no-speech probability is above 0.6 and the mean log-probability below -1."""


def with_thresholds(settings: SttSettings, published: frozenset[str]) -> SttSettings:
    """The settings with their model's thresholds; what was set on purpose stays, and a model by its path has defaults.

    Args:
        published: names of all published models.
    """
    if settings.model not in published:
        return settings
    found = _MEASURED.get(settings.model, _OPENAI)
    return settings.model_copy(update={k: v for k, v in found.items() if k not in settings.model_fields_set})
