"""Silero VAD (https://github.com/snakers4/silero-vad) through onnxruntime, without torch."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from wta.errors import ModelError

WINDOW_SAMPLES = 512
"""32 ms at 16 kHz: the one window the network is trained for."""
_CONTEXT_SAMPLES = 64
_STATE = (1, 1, 128)
_MODEL_FILE = "silero_vad/data/silero_vad_16k_sequence.onnx"
"""The same network as silero_vad.onnx, but for several windows in a row: of one window's cost half is the call."""


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
        self._hidden = np.zeros(_STATE, dtype=np.float32)
        self._cell = np.zeros(_STATE, dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)

    def probability(self, window: NDArray[np.float32]) -> float:
        """Speech probability, 0..1, of the next window [n ≤ 512]; a shorter one is taken as if silence followed."""
        padded = np.zeros((1, WINDOW_SAMPLES), dtype=np.float32)
        padded[0, : len(window)] = window
        return self.probabilities(padded)[0]

    def probabilities(self, windows: NDArray[np.float32]) -> list[float]:
        """Speech probabilities of the next windows [count, 512]."""
        if not len(windows):
            return []
        inputs = np.empty((len(windows), _CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        inputs[:, _CONTEXT_SAMPLES:] = windows
        inputs[0, :_CONTEXT_SAMPLES] = self._context
        inputs[1:, :_CONTEXT_SAMPLES] = windows[:-1, -_CONTEXT_SAMPLES:]
        feeds = {"input": inputs, "h": self._hidden, "c": self._cell}
        found, self._hidden, self._cell = self._network.run(None, feeds)
        self._context = inputs[-1, -_CONTEXT_SAMPLES:].copy()
        return [float(probability) for probability in found]
