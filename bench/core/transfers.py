"""Images on their way to an accelerator and numbers on their way back; nobody waits for either.

Every metric of a group looks at the same images, so they are stacked once (`stage`), in memory from
which a device can read by itself, and go to a device once (`to_device`), as bytes: a quarter of what
floats would take. Results are copied back behind the work that makes them (`ToHost`), while the
device goes on with what comes next. On a CPU nothing is copied at all.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.core.device import is_gpu, upload

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ToHost", "stage", "to_device"]

Array = NDArray[Any]

_Key = tuple[int, int, tuple[int, ...], str]

_STAGED: weakref.WeakValueDictionary[int, Array] = weakref.WeakValueDictionary()
_UPLOADED: dict[_Key, Tensor] = {}
_GUARD = threading.RLock()


def stage(images: Sequence[Array]) -> Array:
    """The images in one array [B,...], which goes to a device only once, however many look at it.

    Whoever is given the array must not change it.

    Args:
        images: B arrays of one shape and type, at least one.
    """
    first = images[0]
    shape = (len(images), *first.shape)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        kind = torch.from_numpy(np.empty(0, first.dtype)).dtype
        stacked: Array = torch.empty(shape, dtype=kind, pin_memory=True).numpy()
    else:
        stacked = np.empty(shape, first.dtype)
    np.stack(images, out=stacked)
    with _GUARD:
        _STAGED[id(stacked)] = stacked
    weakref.finalize(stacked, _forget, id(stacked))
    return stacked


def to_device(images: Array, device: str) -> Tensor:
    """An array on a device, [B,...] in its own type; what was staged is copied once, as long as it lives.

    Args:
        images: an array that was staged, a part of one (`staged[3:9]`), or any other.
        device: "cpu" shares the array's memory.
    """
    import torch

    if device == "cpu":
        return torch.from_numpy(np.ascontiguousarray(images))
    owner = images.base if isinstance(images.base, np.ndarray) else images
    first = images.ctypes.data - owner.ctypes.data
    key = (id(owner), first, images.shape, device)
    with _GUARD:
        if _STAGED.get(id(owner)) is not owner or not images.flags.c_contiguous:
            return upload(torch.from_numpy(np.ascontiguousarray(images)), device)
        if key not in _UPLOADED:
            # A part of the pinned tensor itself, whose memory torch keeps until it has been read.
            whole = owner.base if isinstance(owner.base, torch.Tensor) else torch.from_numpy(owner)
            flat = whole.view(-1)[first // owner.itemsize :][: images.size]
            _UPLOADED[key] = flat.view(images.shape).to(device, non_blocking=True)
        return _UPLOADED[key]


def _forget(owner: int) -> None:
    with _GUARD:
        for key in [key for key in _UPLOADED if key[0] == owner]:
            del _UPLOADED[key]


class ToHost:
    """A tensor on its way to the host's memory.

    The copy is queued behind the work that makes the tensor; making this waits for nothing.

    Args:
        tensor: on any device.
    """

    def __init__(self, tensor: Tensor) -> None:
        import torch

        self._done: Any = None
        if not is_gpu(tensor.device):
            self._host = tensor.cpu()
            return
        self._host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._host.copy_(tensor, non_blocking=True)
        # Who waits sleeps: it would take a core from those who read images.
        self._done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        self._done.record(torch.cuda.current_stream(tensor.device))

    def array(self) -> Array:
        """The numbers, once they are there."""
        if self._done is not None:
            self._done.synchronize()
        found: Array = self._host.numpy()
        return found
