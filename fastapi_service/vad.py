"""Silero VAD (https://github.com/snakers4/silero-vad) through onnxruntime, without torch."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from wta.audio_format import SAMPLE_RATE_HZ
from wta.errors import ModelError

WINDOW_SAMPLES = 512
"""32 ms at 16 kHz: the one window the network is trained for."""
_CONTEXT_SAMPLES = 64
_MODEL_FILE = "silero_vad/data/silero_vad.onnx"


def model_path() -> Path:
    """Where the installed silero-vad keeps its network. Importing the package would import torch."""
    try:
        path = Path(str(distribution("silero-vad").locate_file(_MODEL_FILE)))
    except PackageNotFoundError as error:
        raise ModelError("The package silero-vad is not installed; run `make setup`.") from error
    if not path.is_file():
        raise ModelError(f"silero-vad is installed without {_MODEL_FILE}")
    return path


def load_network() -> onnxruntime.InferenceSession:
    """The network, shared by all connections: it keeps no state of its own. Raises ModelError."""
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])


class SileroVad:
    """The probability of speech, window by window; one object per stream of audio."""

    def __init__(self, network: onnxruntime.InferenceSession) -> None:
        self._network = network
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._rate = np.array(SAMPLE_RATE_HZ, dtype=np.int64)

    def probability(self, window: NDArray[np.float32]) -> float:
        """Speech probability, 0..1, of the next window [n ≤ 512]; a shorter one is taken as if silence followed."""
        padded = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
        padded[: len(window)] = window
        inputs = {"input": np.concatenate([self._context, padded])[None], "state": self._state, "sr": self._rate}
        output, self._state = self._network.run(None, inputs)
        self._context = padded[-_CONTEXT_SAMPLES:]
        return float(output[0, 0])
