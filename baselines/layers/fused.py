"""A layer's work around its convolutions, each piece in one pass over a GPU's memory.

    if fuses(x):
        image = modulated(x, mean, variance, 1e-5, F.conv2d(hidden, weight), bias, slope=0.2)

PyTorch's own operators read and write whole maps again and again: a bias, a normalisation, a scale,
a shift, an activation. Where an editor runs, in inference mode, kernels of this project (`triton_kernels`)
do that at once, on maps that lie channels last. They need Triton, which comes with PyTorch for NVIDIA's
cards on Linux, and a C compiler. Without them layers work as they are written.

A kernel's first result of each form is held against the operators', for the first and the last image of
the batch. Where it is off, or a kernel fails, layers go on as they are written, and a warning says so
once.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from bench.core.device import is_gpu

__all__ = ["fuses", "modulated", "same_result", "summed_rows"]


def fuses(x: Tensor) -> bool:
    """Whether layers leave work on a map like `x` to these kernels.

    On a GPU in inference mode, where the map lies channels last and nobody counts operators. Training
    builds no kernels, not even where it wants no gradient.
    """
    if not is_gpu(x.device) or not torch.is_inference_mode_enabled():
        return False
    if x.dtype == torch.float64:  # the kernels compute in single precision
        return False
    if x.ndim == 4 and not x.is_contiguous(memory_format=torch.channels_last):
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

    def as_written(images: slice, rows: Tensor) -> Tensor:
        if bias is not None:  # the middle of a window never lies outside the image
            each = parts[0][1] + 1
            rows[4 * each : 5 * each] += bias
        sums = windows().view(len(parts[0][0]), -1, 9 * len(parts))[images].flatten(0, 1)
        out = F.embedding_bag(sums, rows, mode="sum")
        return (out.relu_() if relu else out).view(-1, *shape[1:], rows.shape[1])

    if len(parts) <= 2 and table.dtype == torch.float32 and fuses(table):
        found = _carried_out(
            ("summed_rows", table.device, table.shape[1], len(parts), bias is not None, relu),
            lambda kernels: kernels.summed_rows(parts, table.contiguous(), bias, relu),
            lambda images: as_written(images, table.clone()),
        )
        if found is not None:
            return found
    return as_written(slice(None), table)


def modulated(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float,
    maps: Tensor,
    bias: Tensor,
    *,
    more: Tensor | None = None,
    more_bias: Tensor | None = None,
    noise: Tensor | None = None,
    noise_scale: Tensor | None = None,
    slope: float = 1.0,
) -> Tensor:
    """Features under a normalisation, gamma and beta, then a LeakyReLU: [B,C,H,W].

    normal * (1 + gamma) + beta, where normal is (x + noise - mean) / sqrt(variance + epsilon). For
    an `x` that `fuses`.

    Args:
        x: [B,C,H,W].
        mean, variance: float32 [C], or of each image [B,C].
        epsilon: added to the variance.
        maps: gamma before beta, [B,2C,H,W].
        bias: [2C] of `maps`.
        more: [B,2C,H,W] is added to `maps`; the heads of [B,4C,H,W] modulate gamma, by head
            0 and 1, and beta, by 2 and 3, in the same way: gamma * (1 + head) + head.
        more_bias: [4C] of `more`; None with 2C.
        noise: [B,1,H,W].
        noise_scale: [C], what the noise counts in each channel.
        slope: of negative results; 1 = no activation.
    """
    there = {"x": x, "mean": mean, "variance": variance, "maps": maps, "bias": bias}
    parts = {"more": more, "more_bias": more_bias, "noise": noise, "noise_scale": noise_scale}
    there |= {name: one for name, one in parts.items() if one is not None}

    def as_written(images: slice) -> Tensor:
        some: dict[str, Any] = {
            name: one[images] if one.ndim in (2, 4) else one for name, one in there.items()
        }
        return _as_written(**some, epsilon=epsilon, slope=slope)

    def start(kernels: Any) -> Tensor:
        laid_out = {name: _laid_out(one) for name, one in there.items()}
        made: Tensor = kernels.modulated(**laid_out, epsilon=epsilon, slope=slope)
        return made

    each = mean.numel() > x.shape[1]  # statistics of every image
    form = [(name, one.dtype, one.ndim) for name, one in there.items()]
    found = _carried_out(("modulated", x.device, maps.shape[1], each, *form), start, as_written)
    return as_written(slice(None)) if found is None else found


def _as_written(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    maps: Tensor,
    bias: Tensor,
    more: Tensor | None = None,
    more_bias: Tensor | None = None,
    noise: Tensor | None = None,
    noise_scale: Tensor | None = None,
    *,
    epsilon: float,
    slope: float,
) -> Tensor:
    """What the kernel does, one operator after the other."""
    if noise is not None and noise_scale is not None:
        x = x + noise * _column(noise_scale)
    normal = (x - _column(mean)) * (_column(variance) + epsilon).rsqrt()
    gamma, beta = (maps + _column(bias)).chunk(2, dim=1)
    if more is not None and more_bias is not None:
        heads = (more + _column(more_bias)).chunk(4, dim=1)
        gamma, beta = gamma * (1 + heads[0]) + heads[1], beta * (1 + heads[2]) + heads[3]
    elif more is not None:
        gamma, beta = (gamma + more.chunk(2, dim=1)[0], beta + more.chunk(2, dim=1)[1])
    out = (normal * (1 + gamma) + beta).to(torch.promote_types(x.dtype, maps.dtype))
    return F.leaky_relu(out, slope)


def _column(values: Tensor) -> Tensor:
    """[C] or [B,C] beside maps [B,C,H,W]."""
    return values[..., None, None]


def _laid_out(x: Tensor) -> Tensor:
    """A map channels last, anything else contiguous and in single precision."""
    if x.ndim == 4:
        return x.contiguous(memory_format=torch.channels_last)
    return x.float().contiguous()


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


def _carried_out(
    form: Hashable, start: Callable[[Any], Tensor], as_written: Callable[[slice], Tensor]
) -> Tensor | None:
    """A kernel's result [B,...], or None where there is none; the first that fails is the last.

    Args:
        form: what decides how the kernel is built; the first result of each is checked.
        start: starts the kernel of the module that it is given.
        as_written: the same for some images of the batch.
    """
    kernels = _kernels()
    # What is captured has run before: a form that is new here would be checked in vain.
    if kernels is None or (form not in _checked and _capturing()):
        return None
    try:
        found = start(kernels)
        if form not in _checked:
            for images in (slice(0, 1), slice(-1, None)):
                if not same_result(found[images], as_written(images)):
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
