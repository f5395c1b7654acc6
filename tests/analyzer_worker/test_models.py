"""Where SENTIMENT_MODEL is looked for, and what serves where it is not to be had."""

from __future__ import annotations

import logging
import shutil
import socket
from pathlib import Path

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from analyzer_worker.models import checkpoints, from_hub
from analyzer_worker.models.__main__ import cli
from analyzer_worker.settings import DEFAULT_MODEL, SentimentSettings
from tests.analyzer_worker.hub import serve
from wta.errors import ModelError

MODEL = "someone/feelings"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache of the test's own; the hub itself is refused at once."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    use_hub(monkeypatch, "http://127.0.0.1:9")
    return cache


def use_hub(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_folder_is_taken_as_it_is(two_label_folder: Path) -> None:
    found = checkpoints.resolve(SentimentSettings(model=str(two_label_folder)))
    assert (found.path, found.source) == (two_label_folder, "path")


def test_a_folder_that_does_not_exist_is_an_error_not_another_model() -> None:
    with pytest.raises(ModelError, match="/no/such/folder"):
        checkpoints.resolve(SentimentSettings(model="/no/such/folder"))


def test_without_cache_and_hub_the_embedded_checkpoint_serves_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = checkpoints.resolve(SentimentSettings())
    assert found.path == checkpoints.EMBEDDED
    assert found.name.startswith("embedded/")
    assert DEFAULT_MODEL in caplog.text and "embedded" in caplog.text


@pytest.mark.timeout(60)
def test_a_hub_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a hub that takes connections and is silent from then on
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_hub(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        # When a model is asked for
        found = checkpoints.resolve(SentimentSettings(hub_timeout_s=0.3))
    # Expect that it ends
    assert found.path == checkpoints.EMBEDDED


def test_offline_the_hub_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(from_hub, "fetch", lambda _: pytest.fail("asked"))
    assert checkpoints.resolve(SentimentSettings()).path == checkpoints.EMBEDDED


def test_the_hub_fills_the_cache_and_the_cache_serves_next(
    two_label_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a hub with the model
    settings = SentimentSettings(model=MODEL, hub_timeout_s=10)
    with serve(MODEL, files_of(two_label_folder)) as url:
        use_hub(monkeypatch, url)
        fetched = checkpoints.resolve(settings)
    # When the hub is gone
    cached = checkpoints.resolve(settings)
    # Expect the same weights, checked
    assert (fetched.source, cached.source) == ("hub", "cache")
    assert fetched.path == cached.path
    assert len(checkpoints.verify(cached)) == 64


def test_weights_other_than_announced_are_refused(two_label_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(MODEL, files_of(two_label_folder), damaged=True) as url:
        use_hub(monkeypatch, url)
        with pytest.raises(ModelError, match="damaged"):
            from_hub.fetch(SentimentSettings(model=MODEL, hub_timeout_s=10))
    assert from_hub.find_cached(MODEL) is None


def test_the_default_revision_is_pinned() -> None:
    assert from_hub.revision_of(DEFAULT_MODEL, None).startswith("714eb0f")
    assert from_hub.revision_of(DEFAULT_MODEL, "v2") == "v2"
    assert from_hub.revision_of("someone/else", None) == "main"


def test_verify_notices_a_changed_embedded_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "embedded"
    shutil.copytree(checkpoints.EMBEDDED, copy)
    monkeypatch.setattr(checkpoints, "EMBEDDED", copy)
    run = CliRunner().invoke
    assert run(cli, ["verify"]).exit_code == 0
    weights = copy / "model.safetensors"
    stored = weights.read_bytes()
    weights.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    result = run(cli, ["verify"])
    assert result.exit_code == 1 and "damaged" in result.output


def test_the_list_of_sentiment_models_says_what_there_is() -> None:
    output = CliRunner().invoke(cli, ["list"]).output
    assert "not in the cache" in output and "embedded/" in output
