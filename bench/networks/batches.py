"""Networks always see the same batch shape: an image's numbers never depend on its company.

Float convolutions differ in the last bits with the batch's size and with the number of threads that
share one. On a CPU the shape is one image on one thread, and several images are looked at side
by side: neither the grouping nor the number of cores moves a digit, and nothing is ever padded. On
an accelerator it is `batch_shape`, and a shorter batch is filled up with its last image. There work is
handed over one batch after another, and what comes out is fetched once all of it is on its way.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.core.device import is_gpu, kind_of
from bench.core.float32 import same_algorithms
from bench.core.identity import Record
from bench.core.threads import side_by_side
from bench.core.transfers import ToHost
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "arithmetic",
    "batch_shape",
    "batches_of",
    "exactly",
    "fixed_batches",
    "in_turn",
    "layout",
    "run_in_batches",
]

T = TypeVar("T")
N = TypeVar("N", bound=np.generic)


def run_in_batches(
    images: UInt8,
    device: str,
    run: Callable[[UInt8], Sequence[T] | Tensor],
    most: int | None = None,
) -> list[T]:
    """What a network gives for each of uint8 [B,H,W,3] images.

    Args:
        images: of any number.
        device: where the network runs; on "cpu" as many images at a time as torch has threads.
        run: gives one entry for every image of a batch in the device's shape, or a tensor whose rows
            are the entries: they come back as arrays. It is called without gradients and, on "cpu",
            from several threads at once.
        most: of images in a batch, for networks whose features are large.
    """
    import torch

    batches = fixed_batches(images, batch_shape(device, most))
    if device != "cpu":
        found = []
        for batch, count in batches:
            with in_turn():
                made = run(batch)
                found.append((ToHost(made) if isinstance(made, torch.Tensor) else made, count))
        return [entry for made, count in found for entry in _entries(made)[:count]]

    def alone(batch: UInt8) -> list[T]:
        with torch.inference_mode():  # a setting of each thread
            made = run(batch)
            return _entries(ToHost(made) if isinstance(made, torch.Tensor) else made)

    with exactly():
        answers = side_by_side(alone, [batch for batch, _ in batches])
    return [entry for answer in answers for entry in answer]


def _entries(made: Sequence[T] | ToHost) -> list[T]:
    return list(made.array() if isinstance(made, ToHost) else made)


def batch_shape(device: str, most: int | None = None) -> int:
    """How many images a network sees at a time on a device ("cpu", "cuda", "cuda:1", ...).

    Args:
        device: 1 on a CPU; on an accelerator 16, as many as a run's shard has, unless `batches_of` says
            another number.
        most: at most so many.
    """
    if device == "cpu":
        return 1
    return _on_accelerators if most is None else min(_on_accelerators, most)


_on_accelerators = 16


@contextlib.contextmanager
def batches_of(size: int) -> Iterator[None]:
    """A block in which networks on accelerators see `size` images at a time, in every thread.

    The last bits of what they give depend on it, so whoever sets it records it.
    """
    global _on_accelerators
    before, _on_accelerators = _on_accelerators, size
    try:
        yield
    finally:
        _on_accelerators = before


def layout(device: str) -> Literal["channels_last", "contiguous_format"]:
    """How images and kernels lie in memory for Inception to be fastest on a device: a name in torch.

    On a CPU that is how oneDNN wants them. An H200 looks at 2,187 images a second in exact float32 with
    channels first and at 1,779 with channels last (docs/measurements/gpu.md).
    """
    return "contiguous_format" if is_gpu(device) else "channels_last"


def arithmetic(device: str) -> Record:
    """What a network's last bits depend on: the kind of device and, on an accelerator, the batch shape.

    A CPU's records have no shape, for there it is 1; nor do they name the layout, which was always one.
    """
    kind = kind_of(device)
    if device == "cpu":
        return {"device": kind}
    return {"device": kind, "batch": batch_shape(device), "layout": layout(device)}


_TURN = threading.RLock()


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """A block that hands work to an accelerator, `exactly`, while no other thread does.

    What several threads hand over then lies in memory one after another, not all at once, and none
    changes the settings under which another's work is handed over.
    """
    with _TURN, exactly():
        yield


def fixed_batches(images: NDArray[N], size: int) -> Iterator[tuple[NDArray[N], int]]:
    """Cuts an array [B,...] into batches of exactly `size`, each with the count of real ones."""
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        count = len(batch)
        if count < size:
            batch = np.concatenate([batch, np.repeat(batch[-1:], size - count, axis=0)])
        yield batch, count


@contextlib.contextmanager
def exactly() -> Iterator[None]:
    """Inference without gradients, in full float32, by the same algorithm every time.

    TF32 would move features by about 1e-3, more than two methods may differ by.
    """
    import torch

    with torch.inference_mode(), same_algorithms(exact=True):
        yield
