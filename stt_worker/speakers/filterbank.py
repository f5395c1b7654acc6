"""Speech as the speaker network hears it: the logarithm of 80 mel bands, every 10 ms."""

from __future__ import annotations

import torch
from torch import Tensor

from wta.audio_format import SAMPLE_RATE_HZ

BANDS = 80
FRAME_SAMPLES = SAMPLE_RATE_HZ * 25 // 1000
HOP_SAMPLES = SAMPLE_RATE_HZ // 100
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 20.0, SAMPLE_RATE_HZ / 2
_PREEMPHASIS = 0.97
_FULL_SCALE = 32768.0
"""Kaldi counts samples in 16-bit steps, and the floor below is in these units."""
_FLOOR = torch.finfo(torch.float32).eps


class Filterbank:
    """Kaldi's filterbank features with its defaults, no dither, and the mean of each band over time removed.

    Method: Kaldi's compute-fbank-feats (frames of 25 ms every 10 ms, offset removed, pre-emphasis 0.97, Povey's window,
    power spectrum, triangles on the mel scale from 20 Hz to half the sample rate).
    """

    def __init__(self) -> None:
        self._window = torch.hann_window(FRAME_SAMPLES, periodic=False).pow(0.85)
        self._bands = _triangles()

    def __call__(self, audio: Tensor) -> Tensor:
        """float32 [n_samples], 16 kHz, within -1 to 1 → float32 [n_frames, 80]; FRAME_SAMPLES at least."""
        frames = (audio * _FULL_SCALE).unfold(0, FRAME_SAMPLES, HOP_SAMPLES)
        frames = frames - frames.mean(dim=1, keepdim=True)
        before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
        spectrum = torch.fft.rfft((frames - _PREEMPHASIS * before) * self._window, n=_FFT)
        power = spectrum.real.square() + spectrum.imag.square()
        features = (power @ self._bands).clamp(min=_FLOOR).log()
        centred: Tensor = features - features.mean(dim=0)
        return centred


def _mel(hz: float | Tensor) -> Tensor:
    return 1127.0 * torch.log1p(torch.as_tensor(hz) / 700.0)


def _triangles() -> Tensor:
    """Weight of each bin of the spectrum in each band: float32 [257, 80]."""
    bins = _mel(torch.arange(_FFT // 2 + 1) * (SAMPLE_RATE_HZ / _FFT)).unsqueeze(1)
    edges = torch.linspace(float(_mel(_LOWEST_HZ)), float(_mel(_HIGHEST_HZ)), BANDS + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = torch.minimum(rising, falling).clamp(min=0)
    weights[-1] = 0  # Kaldi's spectrum ends before half the sample rate
    return weights
