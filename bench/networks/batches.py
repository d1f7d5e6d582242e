"""Networks always see the same batch shape: an image's numbers never depend on its company.

Float convolutions differ in the last bits with the batch's size and with the number of threads that
share one. On a CPU the shape is one image on one thread, and several images are looked at side
by side: neither the grouping nor the number of cores moves a digit, and nothing is ever padded. On
an accelerator it is 16, and a shorter batch is filled up with its last image.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from bench.core.threads import side_by_side
from bench.scene import UInt8

__all__ = ["exactly", "fixed_batches", "run_in_batches"]

T = TypeVar("T")


def run_in_batches(images: UInt8, device: str, run: Callable[[UInt8], list[T]]) -> list[T]:
    """What a network gives for each of uint8 [B,H,W,3] images.

    Args:
        images: of any number.
        device: where the network runs; on "cpu" as many images at a time as torch has threads.
        run: gives one entry for every image of a batch in the device's shape; it is called
            without gradients and, on "cpu", from several threads at once.
    """
    import torch

    def alone(batch: UInt8) -> list[T]:
        with torch.inference_mode():  # a setting of each thread
            return run(batch)

    batches = fixed_batches(images, _batch_size(device))
    with exactly():
        if device != "cpu":
            return [entry for batch, count in batches for entry in run(batch)[:count]]
        answers = side_by_side(alone, [batch for batch, _ in batches])
        return [entry for answer in answers for entry in answer]


def _batch_size(device: str) -> int:
    """How many images a network sees at a time on a device ("cpu", "cuda", "cuda:1", ...)."""
    return 1 if device == "cpu" else 16


def fixed_batches(images: UInt8, size: int) -> Iterator[tuple[UInt8, int]]:
    """Cuts uint8 [B,H,W,3] into batches of exactly `size`, each with the count of real ones."""
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        count = len(batch)
        if count < size:
            batch = np.concatenate([batch, np.repeat(batch[-1:], size - count, axis=0)])
        yield batch, count


@contextlib.contextmanager
def exactly() -> Iterator[None]:
    """Inference without gradients, in full float32, by the same algorithm every time.

    Accelerators round convolutions to TF32 unless they are told not to. That would move features by
    about 1e-3, more than two methods may differ by.
    """
    import torch

    cudnn = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    with torch.inference_mode(), cudnn:
        yield
