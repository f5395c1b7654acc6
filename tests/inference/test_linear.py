"""Linear layers in 8 bits, compared with the exact ones."""

from __future__ import annotations

import pytest
import torch

from inference import linear
from inference.linear import FloatLinear, Int8Linear
from inference.processor import int8_is_possible
from tests.support import require


@pytest.mark.parametrize("vnni", [True, False])
def test_8_bit_matrix_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch, vnni: bool) -> None:
    monkeypatch.setattr(linear, "has_vnni", lambda: vnni)
    if not int8_is_possible():
        require.missing("8-bit matrices of torch", "they are for x86 processors")
    torch.manual_seed(0)
    weight, bias, x = torch.randn(64, 384), torch.randn(64), torch.randn(5, 384)
    exact = FloatLinear(weight, bias)(x)
    assert float((Int8Linear(weight, bias)(x) - exact).norm() / exact.norm()) < 0.03
