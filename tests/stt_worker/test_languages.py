"""Languages and translation, checked against openai-whisper on a small multilingual model with weights of chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
import redis
import torch
import whisper as openai_whisper
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions
from whisper.model import ModelDimensions, Whisper

from stt_worker.engine import EngineError, Task, TranscriptionOptions
from stt_worker.engines.short_context import ShortContextEngine
from stt_worker.language_belief import LanguageBelief
from stt_worker.network.vocabulary import Vocabulary, tokenizer_of
from stt_worker.service import SttService
from stt_worker.settings import SilenceGuardSettings, SttSettings
from tests.support import sounds
from wta import names
from wta.audio_format import float_to_pcm16
from wta.ledger import Ledger
from wta.live_audio import Snapshot
from wta.messages import Options, Timings
from wta.settings import Settings
from wta.worker.process import WorkerTools

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
    heard = engine.transcribe(
        audio, TranscriptionOptions(draft=True)
    )  # by the sound alone: the words are nonsense here
    assert heard.language == max(probabilities, key=probabilities.__getitem__)


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
    found = engine.transcribe(audio, TranscriptionOptions(language=language, task=task))
    assert found.language == language
    assert expected.text.strip()
    assert found.text.startswith(expected.text.strip())


def test_a_session_has_the_task_and_language_it_asked_for(
    multilingual: Path, engine: ShortContextEngine, settings: Settings, redis_client: redis.Redis
) -> None:
    # Given a worker whose own settings say that all is written as it is spoken
    service = SttService(Settings(whisper_model=str(multilingual), threads=1))
    service.load()
    assert service.abilities.tasks == ("transcribe", "translate") and "ko" in service.abilities.languages
    service._engine = engine  # of the same model, but nonsense is good enough for it
    service.begin(WorkerTools(names.WorkerKind.STT, "nonsense", settings, service.abilities))
    pcm16 = float_to_pcm16(sounds.spoken(sounds.SENTENCES[0]))
    ledger = Ledger(redis_client, settings)

    # When two sessions say the same, and one wants it in English
    finals, partials = {}, {}
    for task in get_args(Task):
        session = ledger.open_session(16_000, Options(language="ko", task=task))
        uid = ledger.append(session, 1, pcm16, 0.0, 1.0, len(pcm16) // 2, Timings(), "trace")
        service._live.put_snapshot(uid, Snapshot(pcm16, session.options, early=True))
        service.partial(uid)
        partials[task] = service._live.partial_state(uid)
        service.transcribe()
        ((_, event),) = redis_client.xrange(names.events_key(session.session_id))
        finals[task] = json.loads(event[b"json"])

    # Expect each to have its own, live and settled
    assert finals["transcribe"]["text"] != finals["translate"]["text"]
    assert partials["transcribe"] != partials["translate"]
    assert [final["language"] for final in finals.values()] == ["ko", "ko"]
    assert [final.get("translated") for final in finals.values()] == [None, True]


def test_unknown_language_is_refused(engine: ShortContextEngine) -> None:
    with pytest.raises(EngineError, match="does not know"):
        engine.transcribe(sounds.silence(1), TranscriptionOptions(language="xx"))


@pytest.fixture
def service(
    multilingual: Path, engine: ShortContextEngine, settings: Settings, redis_client: redis.Redis
) -> SttService:
    """A worker that nobody has told the language."""
    made = SttService(Settings(whisper_model=str(multilingual), threads=1))
    made._engine = engine
    made.begin(WorkerTools(names.WorkerKind.STT, "nonsense", settings, made.abilities))
    return made


def test_what_sentences_tell_of_the_language_is_kept_with_the_session(
    service: SttService, settings: Settings, redis_client: redis.Redis
) -> None:
    # Given a session whose language is open, and a sentence of which there is an early text
    ledger = Ledger(redis_client, settings)
    session = ledger.open_session(16_000)
    assert ledger.language_belief(session.session_id) is None
    pcm16 = float_to_pcm16(sounds.spoken(sounds.SENTENCES[0]))
    uid = ledger.append(session, 1, pcm16, 0.0, 1.0, len(pcm16) // 2, Timings(), "trace")
    service._live.put_snapshot(uid, Snapshot(pcm16, session.options, early=True))
    service.partial(uid)
    service._live.discard(uid, len(pcm16) // 2)
    assert ledger.language_belief(session.session_id) is None, "a text that may be dropped tells nothing yet"
    # When it has become the final text
    service.transcribe()
    # Expect its language to be known to whichever worker comes next, also after a resume
    ledger.resume_session(session.resume_token)
    first = ledger.utterances(session.session_id)[0]
    assert LanguageBelief.from_state(ledger.language_belief(session.session_id)).language == first.language

    # When the session is known to speak Korean, expect the next sentence to be written so, live and settled
    redis_client.hset(names.session_key(session.session_id), "language_belief", '{"ko": 0.99999}')
    session = ledger.resume_session(session.resume_token)
    ledger.append(session, 2, pcm16, 1.0, 2.0, len(pcm16), Timings(), "trace")
    service.transcribe()
    assert ledger.utterances(session.session_id)[1].language == "ko"


def test_a_session_may_name_its_languages(engine: ShortContextEngine) -> None:
    audio = sounds.spoken(sounds.SENTENCES[0])
    wanted = TranscriptionOptions(languages=("ko", "ja"))
    assert {engine.transcribe(sounds.spoken(s), wanted).language for s in sounds.SENTENCES[:3]} <= {"ko", "ja"}
    assert engine.transcribe(audio, TranscriptionOptions(languages=("ja",))).language == "ja"
    with pytest.raises(EngineError, match="none of these languages: xx"):
        engine.transcribe(audio, TranscriptionOptions(languages=("xx",)))


def test_characters_and_not_tokens_bound_the_length_of_a_text(theirs: Whisper) -> None:
    # Given a second of fast Bengali, which has more tokens than any second of English
    tokenizer = tokenizer_of(theirs, "bn")
    said = "আমি ভাত খাই এবং গান গাই"
    tokens = tokenizer.encode(said)
    assert len(tokens) > 28
    # Expect each character to count once, however many tokens it has
    characters = Vocabulary.of(tokenizer).characters
    assert sum(characters[token] for token in tokens) == len(said)
    assert characters[tokenizer.eot] == 0


def test_a_text_that_never_ends_is_cut_off(engine: ShortContextEngine) -> None:
    # Given weights whose texts go on and on
    seconds = 1.5
    found = engine.transcribe(sounds.spoken(sounds.SENTENCES[0])[: int(seconds * 16_000)], TranscriptionOptions("en"))
    # Expect no more characters than anybody speaks, and the last token's
    assert len(found.text) <= 40 + 40 * seconds + 20
