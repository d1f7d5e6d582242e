"""Spectral norms of many layers at once, in training.

A layer's own norm is a dozen kernels on vectors, and a network has dozens of such layers. Only the
products with each weight are a layer's own; lengths, divisions and copies are done for all of them
together, and so is most of the gradient:

    norms = JointSpectralNorm(network)
    with norms.iterated():
        network(x)          # every layer once

It is the published form still (`baselines.layers.spectral`): one power iteration a training forward, then
W / sigma, with u and v as constants. sigma = u^T W v is taken as |W v|, which it is for u = W v / |W v|.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.utils.spectral_norm import SpectralNorm

__all__ = ["JointSpectralNorm"]


class JointSpectralNorm:
    """The spectral norms of a network's convolutions.

    Args:
        network: in training form; each of its layers is used once in a forward.
        channels_last: how the weights lie that its convolutions get; as they are stored where False.
    """

    def __init__(self, network: nn.Module, *, channels_last: bool = False) -> None:
        found = [
            (layer, hook)
            for layer in network.modules()
            for hook in layer._forward_pre_hooks.values()
            if isinstance(hook, SpectralNorm) and hook.dim == 0 and hook.n_power_iterations == 1
        ]
        self._layers = [layer for layer, _ in found]
        self._hooks = [hook for _, hook in found]
        self._channels_last = channels_last
        self._places: dict[tuple[str, torch.device], Tensor] = {}

    @contextmanager
    def iterated(self) -> Iterator[None]:
        """Inside the block the layers have the weights of one joint power iteration.

        In evaluation, which iterates nothing, the block changes nothing.
        """
        if not self._layers or not self._layers[0].training:
            yield
            return
        weights = self._normalised()
        with ExitStack() as stack:
            for hook, weight in zip(self._hooks, weights, strict=True):
                # The hook sets what this gives as the layer's weight.
                setattr(hook, "compute_weight", _giving(weight))  # noqa: B010
                stack.callback(delattr, hook, "compute_weight")
            yield

    def _normalised(self) -> Sequence[Tensor]:
        originals = self._all("weight_orig")
        with torch.no_grad():
            u, v = self._all("weight_u"), self._all("weight_v")
            matrices = [one.flatten(1) for one in originals]
            turned = [one.t() for one in matrices]
            flat_v, _ = self._directions("v", turned, u)
            flat_u, sigmas = self._directions("u", matrices, _split(flat_v, v))
            torch._foreach_copy_(v, _split(flat_v, v))
            torch._foreach_copy_(u, _split(flat_u, u))
        made: Sequence[Tensor] = _Divided.apply(self, flat_u, flat_v, sigmas, *originals)
        return made

    def _all(self, name: str) -> list[Tensor]:
        return [getattr(layer, name) for layer in self._layers]

    def _directions(
        self, name: str, matrices: Sequence[Tensor], vectors: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Each matrix times its vector, brought to length 1, one after the other; and the lengths."""
        rows = [len(one) for one in matrices]
        flat = matrices[0].new_empty(sum(rows))
        parts = torch.split(flat, rows)
        for matrix, vector, part in zip(matrices, vectors, parts, strict=True):
            torch.mv(matrix, vector, out=part)
        lengths = torch.stack(torch._foreach_norm(parts))
        place = self.places(name, flat.device)
        epsilon = self._hooks[0].eps
        return flat / lengths.clamp(min=epsilon)[place], lengths

    def places(self, name: str, device: torch.device) -> Tensor:
        """For each number of all u, or all v, the number of its layer."""
        if (name, device) not in self._places:
            sizes = torch.tensor([len(one) for one in self._all(f"weight_{name}")])
            made = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
            self._places[name, device] = made.to(device)
        return self._places[name, device]

    def empty(self, weight: Tensor) -> Tensor:
        """Where a convolution's weight goes."""
        layout = torch.channels_last if self._channels_last else torch.preserve_format
        return torch.empty_like(weight, memory_format=layout)


class _Divided(torch.autograd.Function):
    """Weights by their sigmas; the gradient of sigma = u^T W v reaches W."""

    @staticmethod
    def forward(
        ctx: Any, norms: JointSpectralNorm, u: Tensor, v: Tensor, sigmas: Tensor, *weights: Tensor
    ) -> tuple[Tensor, ...]:
        pairs = zip(weights, sigmas.unbind(), strict=True)
        made = tuple(torch.div(one, sigma, out=norms.empty(one)) for one, sigma in pairs)
        ctx.norms = norms
        ctx.save_for_backward(u, v, sigmas, *made)
        return made

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        u, v, sigmas, *made = ctx.saved_tensors
        # W / sigma changes by (g - <g, W / sigma> u v^T) / sigma.
        along = torch.stack([one.sum() for one in torch._foreach_mul(list(gradients), made)])
        scaled = u * along[ctx.norms.places("u", u.device)]
        us = torch.split(scaled, [len(one) for one in made])
        vs = torch.split(v, [one[0].numel() for one in made])
        found = []
        for gradient, left, right, sigma in zip(gradients, us, vs, sigmas.unbind(), strict=True):
            outer = left.view(-1, 1, 1, 1), right.view(1, *gradient.shape[1:])
            whole = torch.addcmul(gradient, *outer, value=-1)
            rows = torch.empty_like(whole, memory_format=torch.contiguous_format)
            found.append(torch.div(whole, sigma, out=rows))
        return (None, None, None, None, *found)


def _split(flat: Tensor, like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return torch.split(flat, [len(one) for one in like])


def _giving(weight: Tensor) -> Any:
    def compute_weight(layer: nn.Module, do_power_iteration: bool) -> Tensor:
        del layer, do_power_iteration
        return weight

    return compute_weight
