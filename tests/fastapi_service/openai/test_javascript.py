"""OpenAI's client for JavaScript, as npm brings it (package.json), against the web service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import Web
from tests.support.encoded_audio import encoded
from tests.support.processes import ROOT
from tests.support.require import binary, missing

SCRIPTS = ROOT / "tests" / "support" / "openai_js"


def run(script: str, *arguments: object) -> Any:
    """What a script prints, as JSON."""
    node = binary("node", "apt-get install nodejs npm, then make setup-dev")
    if not (ROOT / "node_modules" / "openai").is_dir():
        missing("npm's package openai", "make setup-dev")
    command = [node, str(SCRIPTS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_javascript_client_gets_files_transcribed(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    said = run("files.js", f"{web.http_url}/v1", encoded(sentence * 2, tmp_path / "talk.flac"))
    assert said["models"] == ["test"]
    assert [s["text"] for s in said["verbose"]["segments"]] == ["sentence 1", "sentence 2"]
    assert said["verbose"]["segments"][0]["sentiment"]["label"] == "POSITIVE"
    assert [p["token"] for p in said["sure"]["logprobs"]] == ["sentence", "1", "sentence", "2"]
    assert [e["type"] for e in said["streamed"]] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert (said["error"]["status"], said["error"]["param"]) == (400, "language") and said["error"]["requestID"]


def test_the_javascript_client_is_heard_live(web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path) -> None:
    # Given two sentences at the client's rate, and a certificate, because this client speaks over TLS only
    samples = np.frombuffer(sentence * 2, "<i2")
    at = np.arange(len(samples) * 3 // 2) / 1.5
    audio, cert, key = (tmp_path / name for name in ("talk.raw", "cert.pem", "key.pem"))
    audio.write_bytes(np.interp(at, np.arange(len(samples)), samples).astype("<i2").tobytes())
    openssl = binary("openssl", "apt-get install openssl")
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([openssl, *make, "-keyout", key, "-out", cert], check=True, capture_output=True)
    # When it speaks
    events = run("live.js", web.port, audio, cert, key, 2)
    # Expect what the Python client gets
    kinds = [event["type"].rpartition(".")[2] for event in events]
    assert kinds[:2] == ["created", "updated"] and kinds.count("speech_started") == kinds.count("committed") == 2
    texts = [event["transcript"] for event in events if event["type"].endswith(".completed")]
    assert texts == ["sentence 1", "sentence 2"]
