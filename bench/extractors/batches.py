"""Networks always see the same batch shape: a picture's numbers never depend on its company.

Float convolutions differ in the last bits with the batch's size. On a CPU the shape is one picture:
it costs about a seventh of the speed of a full batch and nothing is ever padded. On an accelerator
it is 16, and a shorter batch is filled up with its last picture.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.scene import UInt8

__all__ = ["batch_size", "fixed_batches"]


def batch_size(device: str) -> int:
    """How many pictures a network sees at a time on a device ("cpu", "cuda", "cuda:1", ...)."""
    return 1 if device == "cpu" else 16


def fixed_batches(pictures: UInt8, size: int) -> Iterator[tuple[UInt8, int]]:
    """Cuts uint8 [B,H,W,3] into batches of exactly `size`, each with the count of real ones."""
    for start in range(0, len(pictures), size):
        batch = pictures[start : start + size]
        count = len(batch)
        if count < size:
            batch = np.concatenate([batch, np.repeat(batch[-1:], size - count, axis=0)])
        yield batch, count
