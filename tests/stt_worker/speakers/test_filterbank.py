"""The features are those of Kaldi, with which the network was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stt_worker.speakers.filterbank import BANDS, Filterbank

LOUDNESS = np.poly1d([1.8, 0.1])
"""Amplitude of the tone over the time in seconds: from a tenth to one."""


def _tone(hz: float) -> torch.Tensor:
    at = np.arange(8_000) / 16_000
    return torch.from_numpy(0.3 * np.sin(2 * np.pi * hz * at) * LOUDNESS(at)).float()


def test_there_is_a_frame_every_10_ms_and_no_half_one() -> None:
    assert Filterbank()(torch.zeros(400)).shape == (1, BANDS)
    assert Filterbank()(torch.zeros(16_000)).shape == (98, BANDS)


@pytest.mark.parametrize("hz", [300.0, 1_000.0, 4_000.0])
def test_a_tone_moves_the_band_it_lies_in(hz: float) -> None:
    # Given Kaldi's scale: bands at equal distances in mel from 20 to 8,000 Hz
    mel = 1127 * np.log1p(np.array([20, hz, 8_000]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    # When a tone grows louder
    features = Filterbank()(_tone(hz)).numpy()
    # Expect the logarithm of that band to grow by the square of the loudness, from frame's middle to frame's middle
    growth = (features[-1] - features[0])[round(expected)]
    assert growth == pytest.approx(2 * np.log(LOUDNESS(0.4875) / LOUDNESS(0.0125)), abs=0.05)


def test_loudness_and_offset_do_not_matter() -> None:
    noise = torch.from_numpy(np.random.default_rng(2).normal(0, 0.05, 16_000)).float()
    assert torch.allclose(Filterbank()(noise), Filterbank()(4 * noise + 0.2), atol=2e-2)
