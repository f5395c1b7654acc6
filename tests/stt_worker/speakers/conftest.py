"""What the tests of speakers share: the real network, and real readers."""

from __future__ import annotations

import pytest

from benchmarks.speakers.recordings import Readers, read_readers
from stt_worker.speakers.embedder import SpeakerEmbedder
from tests.stt_worker.models_dir import MODELS_DIR
from tests.support import require
from tests.support.processes import ROOT


@pytest.fixture(scope="session")
def embedder() -> SpeakerEmbedder:
    """The speaker network with its published weights; fetched where they are missing."""
    return SpeakerEmbedder(MODELS_DIR)


@pytest.fixture(scope="session")
def readers() -> Readers:
    """Three of the readers that the settings were not chosen on."""
    folder = ROOT.parent / "shared" / "data" / "speakers"
    if not folder.is_dir():
        require.missing("shared/data/speakers", "put sentences named speaker-utterance.flac there")
    found = read_readers(folder)
    return {name: found[name] for name in sorted(found)[1::4]}
