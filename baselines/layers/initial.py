"""The published initial weights."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

__all__ = ["draw_normal", "draw_normal_weights", "draw_xavier"]

M = TypeVar("M", bound=nn.Module)


def draw_normal(network: M) -> M:
    """N(0, 0.02) for every convolution and linear layer, biases 0 (docs/protocol/editing.md, A.4)."""
    for layer in _layers(network):
        nn.init.normal_(_weight(layer), 0.0, 0.02)
        _clear(layer)
    return network


def draw_normal_weights(network: M) -> M:
    """N(0, 0.02) for every convolution, biases as PyTorch draws them (docs/protocol/rivals.md, B.3)."""
    for layer in _layers(network):
        nn.init.normal_(_weight(layer), 0.0, 0.02)
    return network


def draw_xavier(network: M) -> M:
    """Xavier normal of gain 0.02, biases 0 (docs/protocol/generation.md, 0)."""
    for layer in _layers(network):
        nn.init.xavier_normal_(_weight(layer), gain=0.02)
        _clear(layer)
    return network


def _layers(network: nn.Module) -> list[nn.Module]:
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def _weight(layer: nn.Module) -> nn.Parameter:
    # A spectrally normalised layer computes `weight` from `weight_orig` in each forward.
    found = getattr(layer, "weight_orig", None)
    weight = layer.weight if found is None else found
    assert isinstance(weight, nn.Parameter)
    return weight


def _clear(layer: nn.Module) -> None:
    if isinstance(layer.bias, nn.Parameter):
        nn.init.zeros_(layer.bias)
