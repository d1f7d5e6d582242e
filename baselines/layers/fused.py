"""A layer's work around its convolutions, each piece in one pass over a GPU's memory.

    if fuses(x):
        image = modulated(x, mean, variance, 1e-5, F.conv2d(hidden, weight), bias, slope=0.2)

PyTorch's own operators read and write whole maps again and again: a bias, a normalisation, a scale,
a shift, an activation. Where an editor runs, in inference mode, kernels of this project (`triton_kernels`)
do that at once, on maps that lie channels last. They need Triton, which comes with PyTorch for NVIDIA's
cards on Linux, and a C compiler. Without them layers work as they are written; a kernel that fails
says so once.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

__all__ = ["fuses", "modulated", "summed_rows"]

_KIND = "cuda"
"""The kind of device that the kernels are for."""


def fuses(x: Tensor) -> bool:
    """Whether layers leave work on a map like `x` to these kernels.

    On a GPU in inference mode, where the map lies channels last and nobody counts operators. Training
    builds no kernels, not even where it wants no gradient.
    """
    if x.device.type != _KIND or not torch.is_inference_mode_enabled():
        return False
    if x.dtype == torch.float64:  # the kernels compute in single precision
        return False
    if x.ndim == 4 and not x.is_contiguous(memory_format=torch.channels_last):
        return False
    return not is_in_torch_dispatch_mode() and _kernels() is not None


def summed_rows(
    parts: list[tuple[Tensor, int]], table: Tensor, bias: Tensor | None, *, relu: bool
) -> Tensor | None:
    """For each pixel the sum of the rows that the nine symbols around it have in a table.

    Args:
        parts: one or two of symbols int64 [B,H,W] and how many S there are; symbol S stands outside
            the image.
        table: float32 [9*(S+1), C'], the rows of each place in reading order; those of a second part
            follow.
        bias: float32 [C'], added to each sum, or None.
        relu: whether negative sums become zero.

    Returns:
        float32 [B,H,W,C']; None where no kernel takes this.
    """
    if len(parts) > 2 or table.dtype != torch.float32 or not fuses(table):
        return None
    return _carried_out("summed_rows", parts, table.contiguous(), bias, relu)


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
    given = (maps, more, noise)
    maps_, more_, noise_ = (None if one is None else _channels_last(one) for one in given)
    assert maps_ is not None
    vectors = (mean, variance, bias, more_bias, noise_scale)
    mean_, variance_, bias_, more_bias_, scale_ = (
        None if one is None else one.float().contiguous() for one in vectors
    )
    found = _carried_out(
        "modulated",
        x,
        mean_,
        variance_,
        epsilon,
        maps_,
        bias_,
        more_,
        more_bias_,
        noise_,
        scale_,
        slope,
    )
    if found is not None:
        return found
    return _as_written(
        x, mean, variance, epsilon, maps, bias, more, more_bias, noise, noise_scale, slope
    )


def _as_written(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float,
    maps: Tensor,
    bias: Tensor,
    more: Tensor | None,
    more_bias: Tensor | None,
    noise: Tensor | None,
    noise_scale: Tensor | None,
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


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


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


def _carried_out(name: str, *given: Any) -> Tensor | None:
    """A kernel's result, or None where there is none; the first that fails is the last."""
    kernels = _kernels()
    if kernels is None:
        return None
    try:
        found: Tensor = getattr(kernels, name)(*given)
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
