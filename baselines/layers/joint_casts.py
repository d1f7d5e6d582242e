"""A network's weights in half precision, cast all together, in training with mixed precision on a GPU.

Autocast casts every weight and every bias by a kernel of its own, and so is each gradient cast back: more
than a quarter of a small network's kernels. Here a few kernels cast them all:

    functional_call(network, in_half(network), x)

The numbers are autocast's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from baselines.layers.label_map import fixed_sizes

__all__ = ["in_half"]


def in_half(network: nn.Module, *, but: str = "") -> dict[str, Tensor]:
    """Weights and biases of a network's convolutions in autocast's precision, by the parameters' names.

    Those of the child `but` are left out. They lie in memory as the parameters do: what is side by side
    stays so. Empty without autocast, and on a CPU, where a cast costs no launch.
    """
    device = next(network.parameters()).device
    if not torch.is_autocast_enabled(device.type) or not fixed_sizes(device):
        return {}
    named = {}
    for name, parameter in network.named_parameters():
        place, _, kind = name.rpartition(".")
        if name.partition(".")[0] == but:
            continue
        # What a spectral norm reads, weight_orig, stays exact.
        if kind in ("weight", "bias") and isinstance(network.get_submodule(place), nn.Conv2d):
            named[name] = parameter
    cast = _Cast.apply(torch.get_autocast_dtype(device.type), *named.values())
    return dict(zip(named, cast, strict=True))


class _Cast(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, dtype: torch.dtype, *weights: Tensor) -> tuple[Tensor, ...]:
        ctx.dtype = weights[0].dtype
        made = _laid_alike(weights, dtype)
        torch._foreach_copy_(made, weights)
        return made

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        found = [torch.empty_like(one, dtype=ctx.dtype) for one in gradients]
        torch._foreach_copy_(found, gradients)
        return (None, *found)


def _laid_alike(weights: Sequence[Tensor], dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Empty tensors of a type that share memory where the weights do."""
    storages: dict[int, Tensor] = {}
    made = []
    for one in weights:
        storage = one.untyped_storage()
        if storage._cdata not in storages:
            length = storage.nbytes() // one.element_size()
            storages[storage._cdata] = one.new_empty(length, dtype=dtype)
        whole = storages[storage._cdata]
        made.append(whole.as_strided(one.size(), one.stride(), one.storage_offset()))
    return tuple(made)
