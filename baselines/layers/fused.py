"""A layer's work around its convolutions, each piece in one pass over a GPU's memory.

    if fuses(x):
        maps = F.conv2d(hidden, weight)
        image = modulated(ModulatedNorm(x, mean, variance, 1e-5, maps, bias, slope=0.2))

PyTorch's own operators read and write whole maps again and again: a bias, a normalisation, a scale,
a shift, an activation. Kernels of this project (`triton_kernels`) do that at once, on maps that lie channels
last. They need Triton, which comes with PyTorch for NVIDIA's cards on Linux, and a C compiler. Without them
layers work as they are written.

A kernel's first result of each form is held against the operators'. Where it is off, or a kernel fails,
layers go on as they are written, and a warning says so once.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from bench.core.device import is_gpu

__all__ = ["carried_out", "fuses", "same_result", "summed_rows"]

_Result = TypeVar("_Result")


def fuses(x: Tensor) -> bool:
    """Whether layers leave work on a map like `x` to these kernels.

    On a GPU, where the map lies channels last and nobody counts operators.
    """
    if not is_gpu(x.device):
        return False
    if x.dtype == torch.float64:  # the kernels compute in single precision
        return False
    if x.ndim == 4 and not x.is_contiguous(memory_format=torch.channels_last):
        return False
    if x.ndim == 4 and x.shape[2:].numel() <= 2:  # normalised, one value is zero, and two are signs
        return False
    return not is_in_torch_dispatch_mode() and _kernels() is not None


def summed_rows(
    parts: list[tuple[Tensor, int]],
    windows: Callable[[], Tensor],
    table: Tensor,
    bias: Tensor | None,
    *,
    relu: bool,
) -> Tensor:
    """For each pixel the sum of the rows that the nine symbols around it have in a table.

    Args:
        parts: of symbols int64 [B,H,W] and how many S there are; symbol S stands outside the image.
        windows: makes int32 [B*H*W, 9*P], the rows that each pixel sums.
        table: [9*(S+1), C'], the rows of each place in reading order; those of further parts follow.
            It is not used any more.
        bias: [C'], added to each sum, or None.
        relu: whether negative sums become zero.

    Returns:
        [B,H,W,C'].
    """
    shape = parts[0][0].shape

    def as_written(rows: Tensor, images: slice = slice(None)) -> Tensor:
        if bias is not None:  # the middle of a window never lies outside the image
            each = parts[0][1] + 1
            rows[4 * each : 5 * each] += bias
        sums = windows().view(len(parts[0][0]), -1, 9 * len(parts))[images].flatten(0, 1)
        out = F.embedding_bag(sums, rows, mode="sum")
        return (out.relu_() if relu else out).view(-1, *shape[1:], rows.shape[1])

    def is_right(_: Any, found: Tensor) -> bool:
        ends = (slice(0, 1), slice(-1, None))
        return all(same_result(found[one], as_written(table.clone(), one)) for one in ends)

    plain = table.dtype == torch.float32 and not torch.is_grad_enabled()
    if len(parts) <= 2 and plain and fuses(table):
        form = ("summed_rows", table.device, table.shape[1], len(parts), bias is not None, relu)
        found: Tensor | None = carried_out(
            form,
            lambda kernels: kernels.summed_rows(parts, table.contiguous(), bias, relu),
            is_right,
        )
        if found is not None:
            return found
    return as_written(table)


_failed: list[str] = []
"""Why kernels are not used any more."""


@functools.cache
def _module() -> Any:
    try:
        return importlib.import_module("baselines.layers.triton_kernels")
    except ImportError:
        return None


def _kernels() -> Any:
    return None if _failed else _module()


def carried_out(
    form: Hashable, start: Callable[[Any], _Result], is_right: Callable[[Any, _Result], bool]
) -> _Result | None:
    """A kernel's result, or None where there is none; the first that fails is the last.

    Args:
        form: what decides how the kernel is built; the first result of each is checked.
        start: starts the kernel of the module that it is given.
        is_right: whether a kernel of that module, or its result, is what the operators as written give, up
            to rounding.
    """
    kernels = _kernels()
    # What is captured has run before: a form that is new here would be checked in vain.
    if kernels is None or (form not in _checked and _capturing()):
        return None
    try:
        found = start(kernels)
        if form not in _checked:
            if not is_right(kernels, found):
                raise RuntimeError("its first result is not what the layer gives as written")
            _checked.add(form)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # no compiler, another Triton, a card that it does not know
        reason = " ".join(str(error).split()) or type(error).__name__
        _failed.append(reason)
        warnings.warn(
            f"a kernel in Triton cannot be used here, and layers stay slower, with the same results "
            f"({reason[:300]})",
            stacklevel=3,
        )
        return None
    return found


def _capturing() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


_checked: set[Hashable] = set()
"""Forms of kernels whose first result was right."""

_APART = 1000
"""Rounding steps of the largest value by which two ways may differ: they add in another order, or a library
takes another kernel. What reads or writes the wrong memory is far off."""


def same_result(found: Tensor, as_written: Tensor) -> bool:
    """Whether a faster way gives what the operators as written give, up to rounding."""
    if found.dtype != as_written.dtype:
        return False
    if not as_written.is_floating_point():
        return torch.equal(found, as_written)
    share = min(_APART * torch.finfo(as_written.dtype).eps, 0.05)  # halves have coarse steps
    apart = share * float(as_written.abs().nan_to_num().max())
    return torch.allclose(found, as_written, rtol=0, atol=apart, equal_nan=True)
