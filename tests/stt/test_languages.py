"""Languages and translation, checked against openai-whisper on a small multilingual model with weights of chance."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import whisper as openai_whisper
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions
from whisper.model import ModelDimensions, Whisper

from stt_worker.engine import EngineError
from stt_worker.settings import SilenceGuardSettings, SttSettings
from stt_worker.short_context_engine import ShortContextEngine
from tests.stt import sounds

DIMS = ModelDimensions(80, 1500, 64, 1, 1, 51865, 448, 64, 1, 1)
CREDULOUS = SilenceGuardSettings(no_speech_prob=1.0, doubtful_no_speech_prob=1.0)


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shape of a multilingual model with one narrow layer; what it writes is nonsense, but always the same."""
    torch.manual_seed(11)  # with it, each language and task gives another text
    whisper = Whisper(DIMS)
    for parameter in whisper.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    path = tmp_path_factory.mktemp("model") / "nonsense.pt"
    torch.save({"dims": vars(DIMS), "model_state_dict": whisper.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def engine(multilingual: Path) -> ShortContextEngine:
    settings = SttSettings(model=str(multilingual), threads=1, int8=False, stride_frames=1, guard=CREDULOUS)
    return ShortContextEngine(settings)


@pytest.fixture(scope="module")
def theirs(multilingual: Path) -> Whisper:
    return openai_whisper.load_model(str(multilingual))


@pytest.mark.parametrize("sentence", sounds.SENTENCES[:3])
def test_language_is_detected_as_openai_whisper_does(
    engine: ShortContextEngine, theirs: Whisper, sentence: str
) -> None:
    audio = sounds.spoken(sentence)
    _, probabilities = openai_whisper.detect_language(theirs, log_mel_spectrogram(pad_or_trim(audio)))
    assert engine.transcribe(audio).language == max(probabilities, key=probabilities.__getitem__)


@pytest.mark.parametrize("task", ["transcribe", "translate"])
@pytest.mark.parametrize("language", ["de", "ja"])
def test_task_and_language_asked_for_are_prompted(
    engine: ShortContextEngine, theirs: Whisper, language: str, task: str
) -> None:
    audio = sounds.spoken(sounds.SENTENCES[0])
    # Its first token tells: nonsense soon goes round in a circle. Of times, unlike openai-whisper, we never write any.
    times = range(50364, DIMS.n_vocab)
    options = DecodingOptions(
        language=language, task=task, without_timestamps=True, fp16=False, sample_len=1, suppress_tokens=[-1, *times]
    )
    expected = openai_whisper.decode(theirs, log_mel_spectrogram(pad_or_trim(audio)), options)
    found = engine.transcribe(audio, language=language, task=task)
    assert found.language == language
    assert expected.text.strip()
    assert found.text.startswith(expected.text.strip())


def test_unknown_language_is_refused(engine: ShortContextEngine) -> None:
    with pytest.raises(EngineError, match="does not know"):
        engine.transcribe(sounds.silence(1), language="xx")
