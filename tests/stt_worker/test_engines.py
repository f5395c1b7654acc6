"""The engines: the same words from all of them, and ours checked against openai-whisper piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import whisper as openai_whisper
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions

from inference.linear import FloatLinear
from stt_worker.engine import SAMPLE_RATE_HZ, EngineError, SpeechEngine, TranscriptionOptions
from stt_worker.engines.create import create_engine
from stt_worker.engines.short_context import ShortContextEngine
from stt_worker.models import checkpoints
from stt_worker.models.checkpoints import ModelFile
from stt_worker.network.encoder import Encoder
from stt_worker.network.repetition import loop_length
from stt_worker.settings import SttSettings
from tests.stt_worker.models_dir import MODELS_DIR
from tests.support import require, sounds
from tests.support.speech import Clip, load_16k, word_error_rate


def settings(**changes: object) -> SttSettings:
    return SttSettings.model_validate({"model": "tiny.en", "models_dir": MODELS_DIR, "threads": 1} | changes)


@pytest.fixture(scope="module")
def whisper(tiny_en: ModelFile) -> openai_whisper.model.Whisper:
    return checkpoints.load(tiny_en)


@pytest.fixture(scope="module")
def exact_engine() -> ShortContextEngine:
    """Our loop over the full window in float32."""
    return ShortContextEngine(settings(int8=False, stride_frames=1))


@pytest.fixture(scope="module")
def full_window_engine() -> SpeechEngine:
    """The loop of openai-whisper itself."""
    return create_engine(settings(engine="whisper-full"))


@pytest.mark.parametrize("sentence", sounds.SENTENCES[:3])
def test_full_window_decodes_as_openai_whisper_does(
    whisper: openai_whisper.model.Whisper, exact_engine: ShortContextEngine, sentence: str
) -> None:
    # Given a sentence, decoded by openai-whisper
    audio = sounds.spoken(sentence)
    options = DecodingOptions(language="en", without_timestamps=True, fp16=False)
    theirs = openai_whisper.decode(whisper, log_mel_spectrogram(pad_or_trim(audio)), options)
    # When our loop decodes it over the full window in float32
    ours = exact_engine.transcribe(audio)
    # Expect the same words, as sure
    assert ours.text == theirs.text
    assert ours.avg_logprob == pytest.approx(theirs.avg_logprob, abs=5e-3)  # processors round differently
    assert ours.no_speech_prob == pytest.approx(theirs.no_speech_prob, abs=1e-3)


@torch.inference_mode()
def test_encoder_over_every_frame_is_the_whole_encoder(whisper: openai_whisper.model.Whisper) -> None:
    audio = sounds.spoken(sounds.SENTENCES[0])
    theirs = whisper.encoder(log_mel_spectrogram(pad_or_trim(audio))[None])[0]
    ours = Encoder(whisper, FloatLinear)(audio, margin_frames=16, stride_frames=1)
    torch.testing.assert_close(ours.features, theirs, atol=1e-3, rtol=0)
    assert not ours.log_weights.any()


@torch.inference_mode()
def test_outlined_silence_weighs_as_much_as_all_of_it(whisper: openai_whisper.model.Whisper) -> None:
    encoded = Encoder(whisper, FloatLinear)(sounds.spoken("Hello."), margin_frames=16, stride_frames=8)
    assert len(encoded.features) < 400
    assert float(encoded.log_weights.exp().sum()) == pytest.approx(whisper.dims.n_audio_ctx)


def test_recordings_read_as_by_openai_whisper(
    engine: SpeechEngine, full_window_engine: SpeechEngine, recordings: list[Clip]
) -> None:
    """The word error rate is at most half a point worse than that of the whole window in openai-whisper."""
    texts = [clip.text for clip in recordings]
    audios = [load_16k(clip.path) for clip in recordings]
    engines = {"whisper": engine, "whisper-full": full_window_engine}
    rates = {
        name: word_error_rate(texts, [one.transcribe(audio).text for audio in audios]) for name, one in engines.items()
    }
    assert rates["whisper"] <= rates["whisper-full"] + 0.5, rates


def test_clear_speech_takes_one_pass(engine: SpeechEngine, recordings: list[Clip]) -> None:
    found = [engine.transcribe(load_16k(clip.path)) for clip in recordings]
    assert [one for one in found if one.passes != 1] == []


def test_word_times_are_in_order_and_within_the_audio(engine: SpeechEngine) -> None:
    audio = sounds.spoken(sounds.SENTENCES[2])
    found = engine.transcribe(audio, TranscriptionOptions(word_timestamps=True))
    assert found.words is not None
    times = [time for word in found.words for time in (word.start_s, word.end_s)]
    assert len(found.words) == len(found.text.split())
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= len(audio) / SAMPLE_RATE_HZ + 0.1


def test_word_times_are_those_of_openai_whisper(
    engine: SpeechEngine, full_window_engine: SpeechEngine, recordings: list[Clip]
) -> None:
    apart: list[float] = []
    for clip in recordings[:3]:
        audio = load_16k(clip.path)
        pairs = zip(
            engine.transcribe(audio, TranscriptionOptions(word_timestamps=True)).words or (),
            full_window_engine.transcribe(audio, TranscriptionOptions(word_timestamps=True)).words or (),
            strict=False,
        )
        apart += [abs(one.start_s - other.start_s) for one, other in pairs if one.text == other.text]
    assert len(apart) >= 10
    assert float(np.median(apart)) <= 0.1, apart  # five frames of 20 ms: processors round differently
    assert float(np.mean(apart)) <= 0.2, apart


def test_audio_longer_than_the_window_is_transcribed_whole(engine: SpeechEngine) -> None:
    talk = np.concatenate([sounds.spoken(text) for text in sounds.SENTENCES])
    assert len(talk) > 30 * SAMPLE_RATE_HZ
    text = engine.transcribe(talk).text
    assert "papers" in text
    assert "train station" in text


def test_english_model_refuses_another_language(engine: SpeechEngine) -> None:
    with pytest.raises(EngineError, match="English only"):
        engine.transcribe(sounds.silence(1), TranscriptionOptions(language="de"))


@pytest.mark.parametrize(
    ("tokens", "length"),
    [([1, 2, 3] * 7, 3), ([7] * 20, 1), ([1, 2, 3] * 6, 0), ([7] * 19, 0), (list(range(40)), 0)],
)
def test_repetition_loops_are_noticed(tokens: list[int], length: int) -> None:
    assert loop_length([99, *tokens]) == length


def test_faster_whisper_hears_the_same_words() -> None:
    require.module("faster_whisper", "pip install faster-whisper")
    engine = create_engine(settings(engine="faster-whisper"))
    assert "window" in engine.transcribe(sounds.spoken(sounds.SENTENCES[2])).text
    assert engine.transcribe(sounds.silence(3)).text == ""


def test_faster_whisper_that_is_missing_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "faster_whisper", None)
    with pytest.raises(EngineError, match="pip install faster-whisper"):
        create_engine(settings(engine="faster-whisper"))
