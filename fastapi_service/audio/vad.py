"""Voice activity detection with Silero VAD (https://github.com/snakers4/silero-vad), run by onnxruntime, not torch."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from wta.errors import ModelError

WINDOW_SAMPLES = 512
"""32 ms at 16 kHz: the only window length that the network is trained for."""
_CONTEXT_SAMPLES = 64
"""How many samples before a window the network sees together with it."""
_STATE = (1, 1, 128)
"""Shape of the network's hidden state and of its cell state."""
_MODEL_FILE = "silero_vad/data/silero_vad_16k_sequence.onnx"
"""The network of silero_vad.onnx, for several windows in one call: half the cost of one window is the call itself."""


def model_path() -> Path:
    """Return where the installed package silero-vad keeps its network. Importing the package would import torch.

    Raises ModelError if the package or its file is missing.
    """
    try:
        path = Path(str(distribution("silero-vad").locate_file(_MODEL_FILE)))
    except PackageNotFoundError as error:
        raise ModelError("The package silero-vad is not installed; run `make setup`.") from error
    if not path.is_file():
        raise ModelError(f"The package silero-vad is installed, but its file {_MODEL_FILE} is missing.")
    return path


def load_network() -> onnxruntime.InferenceSession:
    """Load the network. All connections can share it, because it keeps no state. Raises ModelError."""
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])


class SileroVad:
    """Computes the probability of speech, window by window. Each stream of audio needs an object of its own."""

    def __init__(self, network: onnxruntime.InferenceSession) -> None:
        self._network = network
        self._hidden = np.zeros(_STATE, dtype=np.float32)
        self._cell = np.zeros(_STATE, dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)

    def probability(self, window: NDArray[np.float32]) -> float:
        """Return the probability, 0 to 1, that the next window is speech.

        Args:
            window: samples [n ≤ 512], float32, -1 to 1, 16 kHz. A shorter window is filled up with silence.
        """
        padded = np.zeros((1, WINDOW_SAMPLES), dtype=np.float32)
        padded[0, : len(window)] = window
        return self.probabilities(padded)[0]

    def probabilities(self, windows: NDArray[np.float32]) -> list[float]:
        """Return the probability of speech, 0 to 1, of each of the next windows.

        Args:
            windows: samples [count, 512], float32, -1 to 1, 16 kHz.
        """
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
