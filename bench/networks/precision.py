"""Full float32 on every device: accelerators round convolutions to TF32 unless they are told not to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["exactly"]


@contextlib.contextmanager
def exactly() -> Iterator[None]:
    """Inference without gradients, in full float32, by the same algorithm every time.

    TF32 would move features by about 1e-3, more than two methods may differ by.
    """
    import torch

    cudnn = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    with torch.inference_mode(), cudnn:
        yield
