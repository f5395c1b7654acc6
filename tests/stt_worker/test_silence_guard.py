"""No words where nobody spoke, and no spoken word lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, SpeechEngine
from stt_worker.guards.inventions import repeats_invention
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.settings import SilenceGuardSettings
from tests.support import sounds

MINUTE_S = 60
UTTERANCES_S = (1, 2, 4, 8, 15)  # what a voice detector that fires on anything could cut the minute into


def utterances(sound: Audio) -> list[Audio]:
    """The minute cut up: 1 + 2 + 4 + 8 + 15 s, twice over."""
    ends = list(itertools.accumulate(UTTERANCES_S * 2))
    return np.split(sound, [end * SAMPLE_RATE_HZ for end in ends[:-1]])


def espeak_babble(seconds: float) -> Audio:
    talks = [np.concatenate([sounds.spoken(text, voice) for text in sounds.SENTENCES]) for voice in sounds.VOICES]
    return sounds.babble(seconds, talks)


NO_SPEECH: dict[str, Callable[[float], Audio]] = {
    "silence": sounds.silence,
    "faint noise": lambda seconds: sounds.white_noise(seconds, loudness=0.0005),
    "white noise": sounds.white_noise,
    "brown noise": sounds.brown_noise,
    "mains hum": sounds.hum,
    "music": sounds.music,
    "babble": espeak_babble,
}


@pytest.mark.parametrize("kind", NO_SPEECH)
def test_a_minute_without_speech_makes_no_text(engine: SpeechEngine, kind: str) -> None:
    cut = utterances(NO_SPEECH[kind](MINUTE_S))
    assert sum(map(len, cut)) == MINUTE_S * SAMPLE_RATE_HZ
    assert [found.text for found in map(engine.transcribe, cut) if found.text] == []


@pytest.mark.parametrize("voice", sounds.VOICES[:4])
@pytest.mark.parametrize("word", ["Yes.", "No.", "Thank you.", "Okay.", "Hello.", "Stop.", "Good morning.", "Bye."])
def test_short_words_are_not_lost(engine: SpeechEngine, word: str, voice: str) -> None:
    spoken = sounds.level(sounds.spoken(word, voice), loudness=0.08)
    found = engine.transcribe(np.concatenate([sounds.silence(0.2), spoken, sounds.silence(0.4)]))
    assert found.text, found


@pytest.mark.parametrize("loudness", [0.002, 0.3])
@pytest.mark.parametrize("snr_db", [10, 40])
def test_speech_is_heard_in_noise_and_at_any_loudness(engine: SpeechEngine, snr_db: int, loudness: float) -> None:
    speech = sounds.spoken(sounds.SENTENCES[2])
    noise = sounds.white_noise(len(speech) / SAMPLE_RATE_HZ + 1, sounds.rms(speech) * 10 ** (-snr_db / 20))
    found = engine.transcribe(sounds.level(speech + noise[: len(speech)], loudness))
    assert "rest in the kitchen" in found.text, found  # of its beginning, openai-whisper too makes now this, now that


def test_loop_over_no_speech_is_an_invention() -> None:
    guard = SilenceGuard(SilenceGuardSettings())
    circle = Evidence("I'm going to be going", -0.1, 0.5, seconds=15, looped=True)
    assert guard.objection(circle) == "repetition"
    spoken = Evidence("no no no", -0.1, 0.02, seconds=3, looped=True)
    assert guard.objection(spoken) is None


@pytest.mark.parametrize(
    "phrase", ["ご視聴ありがとうございました。", "Untertitel der Amara.org-Community", "धन्यवाद।", "你"]
)
def test_phrases_of_subtitles_are_known_in_other_languages(phrase: str) -> None:
    guard = SilenceGuard(SilenceGuardSettings())
    doubtful, clear = (Evidence(phrase, -0.4, no_speech_prob=silent, seconds=2.0) for silent in (0.4, 0.1))
    # Where it may well be silence, expect a usual phrase to be rejected, and any other text to stay
    assert guard.objection(doubtful) == (None if phrase == "你" else "usual invention")
    # Where somebody surely speaks, expect even these words to be believed
    assert guard.objection(clear) is None


def test_a_closing_phrase_is_not_believed_a_second_time() -> None:
    assert repeats_invention("That is all. Thank you!", "Thank you.")
    assert repeats_invention("이상입니다. 감사합니다.", "감사합니다.")
    assert not repeats_invention("That is all.", "Thank you.")
    assert not repeats_invention("It works. It works.", "It works.")
