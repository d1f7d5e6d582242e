"""Half precision as an option of the editors."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch

__all__ = ["Precision", "computing"]

Precision = Literal["float32", "bfloat16"]
"""float32 reproduces the published network to rounding. bfloat16 computes convolutions and products
with 8 bits of mantissa: faster where the processor has it, pictures that differ by grey levels. It is
part of a method's identity, so that results of the two are never taken for one another."""


def computing(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """The context in which a network of float32 weights computes in `precision` on `device`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
