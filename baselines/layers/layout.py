"""How weights lie in memory: like the maps that they meet, and beside those that they are joined with.

Images come channels last, and so do the maps of most networks here. A convolution copies a weight that
lies otherwise at every use, and autograd copies its gradient back. Parallel layers are carried out as one,
whose weight is a copy of theirs unless they lie one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["Joining", "joined", "lay_channels_last", "lay_side_by_side"]


def lay_channels_last(module: nn.Module) -> None:
    """Lays the weights of a module's 2D convolutions channels last; what they hold stays.

    Weights of five axes, as the Swapping Autoencoder's, stay as they are, and so do those under a
    spectral norm, which reads them as matrices and lays out what it makes of them.
    """
    for name, parameter in module.named_parameters():
        if parameter.dim() == 4 and not name.endswith("weight_orig"):
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


class Joining(nn.Module):
    """A module that carries several of its layers out as one."""

    @property
    def together(self) -> Sequence[Sequence[nn.Module]]:
        """Which: convolutions or linear layers with biases, in the order in which they are joined."""
        raise NotImplementedError


def lay_side_by_side(module: nn.Module) -> None:
    """Lays weights and biases that are joined one after the other; what they hold stays."""
    for joining in module.modules():
        if not isinstance(joining, Joining):
            continue
        for layers in joining.together:
            for name in ("weight", "bias"):
                parts = [one.get_parameter(name) for one in layers]
                whole = torch.cat([one.detach() for one in parts])
                places = torch.split(whole, [len(one) for one in parts])
                for part, place in zip(parts, places, strict=True):
                    part.data = place


def joined(parts: Sequence[Tensor]) -> Tensor:
    """As `torch.cat` along the first axis; a view of tensors that lie side by side."""
    return cast("Tensor", _Joined.apply(*parts))


class _Joined(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *parts: Tensor) -> Tensor:
        ctx.rows = [len(one) for one in parts]
        if not _side_by_side(parts):
            return torch.cat(parts)
        first = parts[0].detach()
        return first.as_strided((sum(ctx.rows), *first.shape[1:]), first.stride())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        return torch.split(gradient, ctx.rows)


def _side_by_side(parts: Sequence[Tensor]) -> bool:
    """Whether each begins in memory where the one before ends, and all are laid alike."""
    first, end = parts[0], parts[0].storage_offset()
    for one in parts:
        if one.untyped_storage()._cdata != first.untyped_storage()._cdata:
            return False
        if one.storage_offset() != end or one.stride() != first.stride():
            return False
        end += one.numel()
    return True
