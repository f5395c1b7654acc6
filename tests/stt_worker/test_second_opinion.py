"""A text that Whisper is unsure of is decoded a second time, and the surer one is kept."""

from __future__ import annotations

import pytest

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, SpeechEngine, TranscriptionOptions
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from tests.stt_worker.models_dir import MODELS_DIR
from tests.support import sounds

UNSURE, DOUBTFUL = SttSettings().unsure_logprob, SttSettings().retry_logprob


@pytest.fixture(scope="module")
def once() -> SpeechEngine:
    """The same engine, which never decodes twice."""
    return create_engine(SttSettings(model="tiny.en", models_dir=MODELS_DIR, threads=1, retry=False))


def in_noise(voice: str, text: str, snr_db: int) -> Audio:
    speech = sounds.spoken(text, voice)
    noise = sounds.white_noise(len(speech) / SAMPLE_RATE_HZ + 1, sounds.rms(speech) * 10 ** (-snr_db / 20))
    return sounds.level(speech + noise[: len(speech)], 0.08)


def test_the_surer_of_two_texts_is_kept(engine: SpeechEngine, once: SpeechEngine) -> None:
    # Given voices in loud noise, and how sure one decode is of each
    spoken = [in_noise(voice, text, 5) for voice in sounds.VOICES[:3] for text in sounds.SENTENCES[:3]]
    first = [once.transcribe(audio) for audio in spoken]
    unsure = [n for n, one in enumerate(first) if DOUBTFUL <= one.avg_logprob < UNSURE and one.text]
    assert unsure
    # When they are transcribed
    found = [engine.transcribe(audio) for audio in spoken]
    # Expect that the unsure ones were decoded twice, and that no text is less sure than it was
    assert [found[n].passes for n in unsure] == [2] * len(unsure)
    assert [n for n in unsure if found[n].avg_logprob < first[n].avg_logprob] == []


def test_a_draft_is_decoded_once_however_unsure_it_is(engine: SpeechEngine) -> None:
    audio = in_noise("en-gb-scotland", sounds.SENTENCES[1], 5)
    assert engine.transcribe(audio, TranscriptionOptions(draft=True)).passes == 1
