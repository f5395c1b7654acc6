"""What the processor of this machine can do with 8-bit integers."""

from __future__ import annotations

import torch


def has_vnni() -> bool:
    """Whether the processor adds products of 8-bit integers in 32 bits (VNNI), so that the sums cannot overflow."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_vnni") or able.get("avx_vnni"))


def int8_is_possible() -> bool:
    """Whether torch multiplies 8-bit matrices here as `Int8Linear` needs it: on x86 processors only."""
    return torch.backends.quantized.engine in ("x86", "fbgemm")
