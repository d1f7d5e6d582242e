"""The modulation of normalised features in training: one step of autograd, with its gradient written out.

Written as sums and products, autograd starts a kernel for every factor of every product and joins what
belongs to one map again. Here the forward is the same operators, and the backward a third as many:

    gamma = style_gamma * (1 + gamma_gamma) + beta_gamma      (docs/protocol/editing.md, A.1)
    beta  = style_beta  * (1 + gamma_beta)  + beta_beta
    out   = leaky_relu(normal * (1 + gamma) + beta, slope)

Gradients of gradients are not written out, and raise.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from baselines.layers.pointwise import SLOPE

__all__ = ["modulated_in_training"]


def modulated_in_training(
    normal: Tensor, context: Tensor, style: Tensor | None = None, *, slope: float = SLOPE
) -> Tensor:
    """Normalised features under the context's modulation of the style, then a LeakyReLU.

    Args:
        normal: [B,C,H,W].
        context: [B,4C,H,W], one after the other gamma's gamma, gamma's beta, beta's gamma and beta's
            beta; [B,2C,H,W], gamma and beta, without a style.
        style: [B,2C,H,W], gamma and beta; None = the context alone modulates.
        slope: of negative results; 1 = no activation.

    Returns:
        [B,C,H,W].
    """
    if style is None:
        return cast("Tensor", _Modulated.apply(slope, normal, context))
    return cast("Tensor", _Styled.apply(slope, normal, context, style))


class _Modulated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, slope: float, normal: Tensor, context: Tensor) -> Tensor:
        gamma, beta = context.chunk(2, dim=1)
        out = _modulate(normal, gamma, beta, slope)
        ctx.slope = slope
        ctx.save_for_backward(normal, context, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor]:
        normal, context, out = ctx.saved_tensors
        gamma, _ = context.chunk(2, dim=1)
        of_context = torch.empty_like(context)
        of_normal = _back(gradient, normal, gamma, out, ctx.slope, _pairs(of_context, 2))
        return None, of_normal, of_context


class _Styled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, slope: float, normal: Tensor, context: Tensor, style: Tensor) -> Tensor:
        gains, shifts = _heads(context)
        pair = _pairs(style, 2)
        fused = (shifts + pair).addcmul_(pair, gains)  # gamma and beta, [B,2,C,H,W]
        gamma, beta = fused.unbind(1)
        out = _modulate(normal, gamma, beta, slope)
        ctx.slope = slope
        ctx.save_for_backward(normal, gamma, out, context, style)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor, Tensor]:
        normal, gamma, out, context, style = ctx.saved_tensors
        gains, _ = _heads(context)
        of_context = torch.empty_like(context)
        of_gains, of_shifts = _heads(of_context)
        of_normal = _back(gradient, normal, gamma, out, ctx.slope, of_shifts)
        torch.mul(of_shifts, _pairs(style, 2), out=of_gains)
        of_style = torch.addcmul(of_shifts, of_shifts, gains).flatten(1, 2)
        return None, of_normal, of_context, of_style


def _modulate(normal: Tensor, gamma: Tensor, beta: Tensor, slope: float) -> Tensor:
    out = (beta + normal).addcmul_(normal, gamma)
    return out if slope == 1 else F.leaky_relu(out, slope, inplace=True)


def _back(
    gradient: Tensor, normal: Tensor, gamma: Tensor, out: Tensor, slope: float, into: Tensor
) -> Tensor:
    """The features' gradient; gamma's and beta's are written into [B,2,C,H,W]."""
    # The activation keeps signs, so that its result says which side its input was on.
    before = torch.ops.aten.leaky_relu_backward(gradient, out, slope, True)
    of_gamma, of_beta = into.unbind(1)
    torch.mul(before, normal, out=of_gamma)
    of_beta.copy_(before)
    return torch.addcmul(before, before, gamma)


def _heads(context: Tensor) -> tuple[Tensor, Tensor]:
    """What the style's gamma and beta are multiplied with, and what is added: two of [B,2,C,H,W]."""
    gains, shifts = torch.unflatten(context, 1, (2, 2, -1)).unbind(2)
    return gains, shifts


def _pairs(joint: Tensor, count: int) -> Tensor:
    """[B,count*C,H,W] as [B,count,C,H,W]."""
    return torch.unflatten(joint, 1, (count, -1))
