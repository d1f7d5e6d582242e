"""What one call of an editor takes beside time: multiply-adds and memory, measured in its warm-up.

Multiply-adds are those of the convolutions and matrix products that PyTorch really carried out
(its own flop counter, halved), so a fast path that leaves work out shows fewer. Memory on a GPU is
the allocator's own peak above what was there before; on a CPU it is the peak of live tensor bytes
that were made during the call, counted at every operation (work space inside a kernel is not seen).

Under the counter some layers are computed by other kernels, whose last digits differ: what a counted
call gives is not to be kept as a result.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bench.core.device import is_gpu

if TYPE_CHECKING:
    import torch

__all__ = ["Footprint", "measured"]

T = TypeVar("T")


@dataclass(frozen=True)
class Footprint:
    """Of one call: multiply-adds, and peak memory in bytes above what was there before."""

    macs: int
    peak_bytes: int


def measured(call: Callable[[], T], device: str) -> tuple[T, Footprint]:
    """The call's result and its footprint; slower than the plain call."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    flops = FlopCounterMode(display=False)
    if is_gpu(device):
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        with flops:
            result = call()
        peak = torch.cuda.max_memory_allocated(device) - before
    else:
        live = _live_bytes()
        with live, flops:
            result = call()
        peak = live.peak
    return result, Footprint(flops.get_total_flops() // 2, peak)


def _live_bytes() -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch has no types here
        """Follows the bytes of storages that are made while it is active."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.now = 0
            self.peak = 0
            self._seen: set[int] = set()

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            known = {_storage(t) for t in tree_leaves((args, kwargs)) if _is_tensor(t)}
            result = func(*args, **(kwargs or {}))
            for tensor in tree_leaves(result):
                if _is_tensor(tensor) and _storage(tensor) not in known:
                    self._follow(tensor)
            return result

        def _follow(self, tensor: torch.Tensor) -> None:
            storage = tensor.untyped_storage()
            key, size = storage.data_ptr(), storage.nbytes()
            if key in self._seen or size == 0:
                return
            self._seen.add(key)
            self.now += size
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key, size)

        def _forget(self, key: int, size: int) -> None:
            self._seen.discard(key)
            self.now -= size

    return LiveBytes()


def _is_tensor(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
