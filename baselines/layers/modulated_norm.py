"""Normalised features under maps of a scale and a shift, in one pass over a GPU's memory each way.

    if fuses(x):
        maps, bias = joint_maps(hidden, [to_gamma, to_beta])
        image = modulated(ModulatedNorm(x, *image_statistics(x), 1e-5, maps, bias, slope=0.2))

Its gradient is written out: two kernels, of which one sums over pixels for statistics and biases. As
operators, normalisation and modulation are some twenty (`modulation`). Gradients of gradients are not written
out, and raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from baselines.layers.fused import carried_out, same_result
from baselines.layers.instance_norm import in_single, statistics

__all__ = ["Gradients", "ModulatedNorm", "modulated"]

Gradients = tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]
"""Of x, maps, bias, more and more_bias."""


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

    @property
    def each(self) -> bool:
        """Whether the statistics are of every image."""
        return self.mean.numel() > self.x.shape[1]

    @property
    def heads(self) -> int:
        """How many maps `more` holds."""
        return 0 if self.more is None else self.more.shape[1] // self.x.shape[1]

    def tensors(self) -> dict[str, Tensor]:
        """Those that are there, by name."""
        every = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: value for name, value in every if isinstance(value, Tensor)}

    def changed(self, change: Callable[[Tensor], Tensor]) -> ModulatedNorm:
        """The same of other tensors."""
        others: dict[str, Any] = {name: change(one) for name, one in self.tensors().items()}
        return replace(self, **others)

    def of(self, images: slice) -> ModulatedNorm:
        """The same of some images."""
        return self.changed(lambda one: one[images] if one.ndim in (2, 4) else one)

    def as_written(self) -> Tensor:
        """[B,C,H,W], one operator after the other, in single precision whatever the maps hold."""
        wide = self.changed(in_single)
        x = wide.x
        if wide.noise is not None and wide.noise_scale is not None:
            x = x + wide.noise * _column(wide.noise_scale)
        normal = (x - _column(wide.mean)) * (_column(wide.variance) + self.epsilon).rsqrt()
        gamma, beta = (wide.maps + _column(wide.bias)).chunk(2, dim=1)
        if wide.more is not None and wide.more_bias is not None:
            heads = (wide.more + _column(wide.more_bias)).chunk(4, dim=1)
            gamma, beta = gamma * (1 + heads[0]) + heads[1], beta * (1 + heads[2]) + heads[3]
        elif wide.more is not None:
            heads = wide.more.chunk(2, dim=1)
            gamma, beta = gamma + heads[0], beta + heads[1]
        out = F.leaky_relu(normal * (1 + gamma) + beta, self.slope)
        return out.to(torch.promote_types(self.x.dtype, self.maps.dtype))


def modulated(norm: ModulatedNorm) -> Tensor:
    """[B,C,H,W] in one pass, for an `x` that `fuses`.

    Where a gradient is wanted, mean and variance are those of `x` itself, and noise is part of it.
    """
    if not torch.is_grad_enabled():
        return _modulated(norm)
    assert norm.noise is None
    learned = (norm.x, norm.maps, norm.bias, norm.more, norm.more_bias)
    return cast("Tensor", _Modulated.apply(norm.changed(Tensor.detach), *learned))


class _Modulated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, norm: ModulatedNorm, *_: Tensor | None) -> Tensor:
        out, kept = _modulated(norm), norm.tensors()
        ctx.names, ctx.epsilon, ctx.slope = tuple(kept), norm.epsilon, norm.slope
        ctx.save_for_backward(out, *kept.values())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        out, *tensors = ctx.saved_tensors
        kept = dict(zip(ctx.names, tensors, strict=True))
        norm = ModulatedNorm(**kept, epsilon=ctx.epsilon, slope=ctx.slope)
        found = carried_out(
            ("modulated_back", *_form(norm), gradient.dtype),
            lambda kernels: _gradients(kernels, norm, out, gradient),
            lambda kernels, _: _gradients_are_right(kernels, norm, out),
        )
        return (None, *(_gradients_as_written(norm, out, gradient) if found is None else found))


def _modulated(norm: ModulatedNorm) -> Tensor:
    def is_right(_: Any, found: Tensor) -> bool:
        ends = (slice(0, 1), slice(-1, None))
        return all(same_result(found[one], norm.of(one).as_written()) for one in ends)

    found: Tensor | None = carried_out(
        ("modulated", *_form(norm)),
        lambda kernels: kernels.modulated(norm.changed(_laid_out)),
        is_right,
    )
    return norm.as_written() if found is None else found


def _form(norm: ModulatedNorm) -> tuple[Any, ...]:
    """What decides how its kernels are built."""
    tensors = [(name, one.dtype, one.ndim) for name, one in norm.tensors().items()]
    return norm.x.device, norm.maps.shape[1], norm.each, *tensors


def _gradients(kernels: Any, norm: ModulatedNorm, out: Tensor, gradient: Tensor) -> Gradients:
    """As kernels find them, the biases' in the biases' own precision."""
    given = norm.changed(_laid_out), _laid_out(out), _laid_out(gradient)
    x, maps, bias, more, more_bias = kernels.modulated_back(*given)
    if norm.more_bias is not None:
        more_bias = more_bias.to(norm.more_bias.dtype)
    return x, maps, bias.to(norm.bias.dtype), more, more_bias


def _gradients_as_written(norm: ModulatedNorm, out: Tensor, gradient: Tensor) -> Gradients:
    """As autograd finds them, with statistics that follow `x`.

    Where the activation changed its input says `out`: computed anew, a sum near zero may change sides.
    """
    given = in_single(gradient), in_single(out)
    before = torch.ops.aten.leaky_relu_backward(*given, norm.slope, True)
    with torch.enable_grad():
        norm = norm.changed(lambda one: one.detach().requires_grad_())
        wide = replace(norm, x=in_single(norm.x), slope=1.0)
        mean, variance = (one - one.detach() for one in _statistics(wide))  # zero, with a gradient
        same = replace(wide, mean=norm.mean + mean, variance=norm.variance + variance)
        linear = same.as_written()
    learned = {
        name: one for name, one in norm.tensors().items() if name not in ("mean", "variance")
    }
    found = dict(
        zip(learned, torch.autograd.grad(linear, list(learned.values()), before), strict=True)
    )
    return found["x"], found["maps"], found["bias"], found.get("more"), found.get("more_bias")


def _gradients_are_right(kernels: Any, norm: ModulatedNorm, out: Tensor) -> bool:
    """Whether kernels find what autograd finds, up to rounding, for the first and the last image.

    Their statistics are their own, and so is their result's gradient, which is of a size everywhere: a
    loss's may be zero in places, or overflow.
    """
    ends = slice(None, None, max(1, len(out) - 1))
    some, out = norm.of(ends), out[ends]
    mean, variance = _statistics(some)
    given = replace(some, mean=mean, variance=variance), out, (out + 1).sin()
    pairs = zip(_gradients(kernels, *given), _gradients_as_written(*given), strict=True)
    return all(
        one is other or (one is not None and other is not None and same_result(one, other))
        for one, other in pairs
    )


def _statistics(norm: ModulatedNorm) -> tuple[Tensor, Tensor]:
    """Mean and variance of `x`, of all images or of each."""
    return statistics(norm.x, (2, 3) if norm.each else (0, 2, 3))


def _column(values: Tensor) -> Tensor:
    """[C] or [B,C] beside maps [B,C,H,W]."""
    return values[..., None, None]


def _laid_out(x: Tensor) -> Tensor:
    """A map channels last, anything else contiguous."""
    layout = torch.channels_last if x.ndim == 4 else torch.contiguous_format
    return x.contiguous(memory_format=layout)
