"""A layer's work around its convolutions, each piece in one pass over a GPU's memory.

    if fuses(x):
        maps = F.conv2d(hidden, weight)
        image = modulated(ModulatedNorm(x, mean, variance, 1e-5, maps, bias, slope=0.2))

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
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from bench.core.device import is_gpu

__all__ = ["ModulatedNorm", "fuses", "modulated", "same_result", "summed_rows"]


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


@dataclass(frozen=True, eq=False)
class ModulatedNorm:
    """Features under a normalisation, gamma and beta, then a LeakyReLU.

    normal * (1 + gamma) + beta, where normal is (x + noise - mean) / sqrt(variance + epsilon).

    Attributes:
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

    x: Tensor
    mean: Tensor
    variance: Tensor
    epsilon: float
    maps: Tensor
    bias: Tensor
    _: KW_ONLY
    more: Tensor | None = None
    more_bias: Tensor | None = None
    noise: Tensor | None = None
    noise_scale: Tensor | None = None
    slope: float = 1.0

    def tensors(self) -> dict[str, Tensor]:
        """Those that are there, by name."""
        every = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: value for name, value in every if isinstance(value, Tensor)}

    def changed(self, change: Callable[[Tensor], Tensor]) -> ModulatedNorm:
        """The same of other tensors."""
        others: dict[str, Any] = {name: change(one) for name, one in self.tensors().items()}
        return replace(self, **others)

    def as_written(self) -> Tensor:
        """[B,C,H,W], one operator after the other."""
        x = self.x
        if self.noise is not None and self.noise_scale is not None:
            x = x + self.noise * _column(self.noise_scale)
        normal = (x - _column(self.mean)) * (_column(self.variance) + self.epsilon).rsqrt()
        gamma, beta = (self.maps + _column(self.bias)).chunk(2, dim=1)
        if self.more is not None and self.more_bias is not None:
            heads = (self.more + _column(self.more_bias)).chunk(4, dim=1)
            gamma, beta = gamma * (1 + heads[0]) + heads[1], beta * (1 + heads[2]) + heads[3]
        elif self.more is not None:
            heads = self.more.chunk(2, dim=1)
            gamma, beta = gamma + heads[0], beta + heads[1]
        out = (normal * (1 + gamma) + beta).to(torch.promote_types(x.dtype, self.maps.dtype))
        return F.leaky_relu(out, self.slope)


def modulated(norm: ModulatedNorm) -> Tensor:
    """[B,C,H,W] in one pass, for an `x` that `fuses`."""

    def as_written(images: slice) -> Tensor:
        return norm.changed(lambda one: one[images] if one.ndim in (2, 4) else one).as_written()

    def start(kernels: Any) -> Tensor:
        made: Tensor = kernels.modulated(norm.changed(_laid_out))
        return made

    each = norm.mean.numel() > norm.x.shape[1]  # statistics of every image
    tensors = [(name, one.dtype, one.ndim) for name, one in norm.tensors().items()]
    form = ("modulated", norm.x.device, norm.maps.shape[1], each, *tensors)
    found = _carried_out(form, start, as_written)
    return norm.as_written() if found is None else found


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
