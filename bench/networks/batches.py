"""Networks always see the same batch shape: a picture's numbers never depend on its company.

Float convolutions differ in the last bits with the batch's size and with the number of threads that
share one. On a CPU the shape is one picture on one thread, and several pictures are looked at side
by side: neither the grouping nor the number of cores moves a digit, and nothing is ever padded. On
an accelerator it is 16, and a shorter batch is filled up with its last picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from bench.core.threads import side_by_side
from bench.networks.precision import exactly
from bench.scene import UInt8

__all__ = ["fixed_batches", "look_at"]

T = TypeVar("T")


def look_at(pictures: UInt8, device: str, look: Callable[[UInt8], list[T]]) -> list[T]:
    """What a network says of each of uint8 [B,H,W,3] pictures.

    Args:
        pictures: of any number.
        device: where the network runs; on "cpu" as many pictures at a time as torch has threads.
        look: gives one entry for every picture of a batch in the device's shape; it is called
            without gradients and, on "cpu", from several threads at once.
    """
    import torch

    def alone(batch: UInt8) -> list[T]:
        with torch.inference_mode():  # a setting of each thread
            return look(batch)

    batches = fixed_batches(pictures, _batch_size(device))
    with exactly():
        if device != "cpu":
            return [entry for batch, count in batches for entry in look(batch)[:count]]
        answers = side_by_side(alone, [batch for batch, _ in batches])
        return [entry for answer in answers for entry in answer]


def _batch_size(device: str) -> int:
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
