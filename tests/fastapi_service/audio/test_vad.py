"""The VAD against silero-vad's own wrapper, and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from fastapi_service.audio.vad import SileroVad, load_network, model_path
from tests.support.require import module
from tests.support.speech import espeak


def test_probabilities_are_those_of_silero_vad(tmp_path: Path) -> None:
    module("silero_vad", "make setup")
    import torch
    from silero_vad.utils_vad import OnnxWrapper

    # Given a spoken sentence, and the probabilities of silero-vad's own wrapper
    samples, _ = soundfile.read(espeak("good morning everybody", tmp_path / "a.wav", 16_000), dtype="float32")
    path = model_path().with_name("silero_vad.onnx")
    theirs = OnnxWrapper(str(path), force_onnx_cpu=True)
    ours, in_batches = SileroVad(load_network()), SileroVad(load_network())
    windows = samples[: len(samples) // 512 * 512].reshape(-1, 512)
    expected = [float(theirs(torch.from_numpy(w.copy()), 16_000)) for w in windows]
    # When ours hears it window by window
    found = [ours.probability(w) for w in windows]
    # Expect the same probabilities, and the same again in batches
    assert max(expected) > 0.9
    assert np.allclose(found, expected, atol=1e-5)
    batches = np.split(windows, [1, 4, 4, 20])
    assert np.allclose(np.concatenate([in_batches.probabilities(b) for b in batches]), expected, atol=1e-5)


def test_the_service_runs_without_torch() -> None:
    code = (
        "import sys, fastapi_service.service, fastapi_service.audio.vad as v; v.load_network();"
        "sys.exit(bool({'torch', 'silero_vad', 'whisper', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
