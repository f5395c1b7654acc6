"""What the tests of speech recognition share: real weights and real voices."""

from __future__ import annotations

import pytest

from benchmarks.speech.recordings import transcripts
from stt_worker.engine import SpeechEngine
from stt_worker.engines.create import create_engine
from stt_worker.models import checkpoints
from stt_worker.models.checkpoints import ModelFile
from stt_worker.settings import SttSettings
from tests.stt_worker.models_dir import MODELS_DIR
from tests.support.speech import Clip, recorded_clips, speech_folder


@pytest.fixture(scope="session")
def tiny_en() -> ModelFile:
    """tiny.en as `make setup` has fetched it; fetched here where it is missing."""
    return checkpoints.resolve(SttSettings(model="tiny.en", models_dir=MODELS_DIR))


@pytest.fixture(scope="session")
def engine(tiny_en: ModelFile) -> SpeechEngine:
    """The default engine; one thread, so that tests beside it are not slowed down."""
    made = create_engine(SttSettings(model=str(tiny_en.path), threads=1))
    made.warm_up()
    return made


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Recorded English with its text: some 300 words where there is a folder, for word error rates need many."""
    if (folder := speech_folder()) is None:
        return recorded_clips(tmp_path_factory.mktemp("recordings"))
    known = ((folder / name, text) for name, text in sorted(transcripts(folder).items()))
    return [Clip(path, text) for path, text in known if path.is_file()][::2]
