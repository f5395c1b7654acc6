"""Where SENTIMENT_MODEL is looked for, and that no other model serves where it is not to be had."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models import checkpoints, from_hub
from analyzer_worker.models.__main__ import cli
from analyzer_worker.models.labelled_texts import read_labelled_texts
from analyzer_worker.settings import SentimentSettings
from tests.analyzer_worker.hub import COMMIT, serve
from wta.errors import ModelError
from wta.settings import Settings

MODEL = "someone/feelings"
LABELLED = [
    ("positive", "I love it"), ("positive", "this is wonderful"), ("positive", "what a great day"),
    ("negative", "I hate it"), ("negative", "this is terrible"), ("negative", "what a sad day"),
    ("neutral", "the meeting is at three"), ("neutral", "he took the bus"), ("neutral", "it is on the table"),
    ("positive", "not bad at all"), ("negative", "I expected more of it"), ("neutral", "we will see"),
]  # fmt: skip


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


def test_the_model_that_comes_with_the_project_is_the_default_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_hub, "fetch", lambda _: pytest.fail("asked"))
    found = checkpoints.resolve(SentimentSettings(model=Settings().sentiment_model))
    assert found.path == checkpoints.EMBEDDED and found.name.startswith("embedded/")


def test_a_model_that_cannot_be_had_is_an_error_not_another_model() -> None:
    with pytest.raises(ModelError, match=f"names {MODEL}, which is not on this machine.*models fetch.*empty"):
        checkpoints.resolve(SentimentSettings(model=MODEL))
    answer = CliRunner().invoke(cli, ["fetch", MODEL])
    assert answer.exit_code == 1 and MODEL in answer.output and "Traceback" not in answer.output


@pytest.mark.timeout(60)
def test_a_hub_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a hub that takes connections and is silent from then on
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_hub(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        # When a model is asked for, expect that it ends
        with pytest.raises(ModelError, match=r"did not answer within 0\.3 s"):
            checkpoints.resolve(SentimentSettings(model=MODEL, hub_timeout_s=0.3))


def test_offline_the_hub_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(from_hub, "fetch", lambda _: pytest.fail("asked"))
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        checkpoints.resolve(SentimentSettings(model=MODEL))


@pytest.mark.parametrize("model", [MODEL, from_hub.OFFICIAL])
def test_the_hub_fills_the_cache_and_the_cache_serves_next(
    two_label_folder: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    # Given a hub with the model, which knows the official one by its owner too
    settings = SentimentSettings(model=model, hub_timeout_s=10)
    name, commit = (f"distilbert/{model}", from_hub.revision_of(model, None)) if "/" not in model else (model, COMMIT)
    with serve(name, files_of(two_label_folder), commit=commit) as url:
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


def test_the_official_models_revision_is_pinned() -> None:
    assert from_hub.revision_of(from_hub.OFFICIAL, None).startswith("714eb0f")
    assert from_hub.revision_of(from_hub.OFFICIAL, "v2") == "v2"
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


def test_verify_notices_that_the_named_model_is_missing(two_label_folder: Path) -> None:
    answer = CliRunner().invoke(cli, ["verify", MODEL])
    assert answer.exit_code == 1 and f"{MODEL} is not on this machine" in answer.output
    assert CliRunner().invoke(cli, ["verify", str(two_label_folder)]).exit_code == 0


def test_the_list_of_sentiment_models_says_what_there_is() -> None:
    output = CliRunner().invoke(cli, ["list", MODEL]).output
    assert f"{MODEL}: not in the cache" in output and "embedded/" in output
    assert "cache" not in CliRunner().invoke(cli, ["list"]).output


def test_another_model_is_calibrated_by_what_people_label(two_label_folder: Path, tmp_path: Path) -> None:
    # Given a model without a calibration, which is far too sure of itself, and texts with labels
    folder = tmp_path / "model"
    shutil.copytree(two_label_folder, folder)
    data = tmp_path / "labelled.tsv"
    data.write_text("".join(f"{label}\t{text}\n" for label, text in LABELLED))
    # When it is calibrated
    answer = CliRunner().invoke(cli, ["calibrate", str(folder), "--data", str(data)])
    # Expect its probabilities to fit these texts better, neutral ones among them
    assert answer.exit_code == 0 and f"from {len(LABELLED)} texts" in answer.output, answer.output
    texts, labels = read_labelled_texts(data)
    rows = np.arange(len(texts))
    fitted = SentimentClassifier.from_folder(ModelFolder("m", folder, "path")).probabilities(texts)[rows, labels]
    assumed = SentimentClassifier.from_folder(ModelFolder("m", two_label_folder, "path")).probabilities(texts)
    assert np.log(fitted).mean() > np.log(assumed[rows, labels]).mean()


@pytest.mark.parametrize(("named", "words"), [("embedded", "when it was made"), ("/no/such", "does not exist")])
def test_what_cannot_be_calibrated_is_said(named: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "data.tsv").write_text("positive\tgood\n")
    answer = CliRunner().invoke(cli, ["calibrate", named, "--data", str(tmp_path / "data.tsv")])
    assert answer.exit_code == 1 and words in answer.output
