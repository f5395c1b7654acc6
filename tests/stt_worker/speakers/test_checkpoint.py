"""The speaker network's weights are exactly the published ones, or an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from stt_worker.speakers import checkpoint
from tests.stt_worker.models_dir import MODELS_DIR
from wta.errors import ModelError


def test_damaged_weights_are_refused_with_what_to_do(tmp_path: Path) -> None:
    whole = checkpoint.resolve(MODELS_DIR).read_bytes()
    (tmp_path / "campplus.pt").write_bytes(whole[:-1])
    with pytest.raises(ModelError, match=r"campplus\.pt is damaged.*fetched again"):
        checkpoint.resolve(tmp_path)


def test_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.pt").write_text("no weights")
    with pytest.raises(ModelError, match="holds no weights"):
        checkpoint.load(tmp_path / "other.pt")
