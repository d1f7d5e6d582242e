"""The published initial weights."""

from __future__ import annotations

from torch import nn

__all__ = ["initialise_normal"]


def initialise_normal(network: nn.Module, deviation: float = 0.02) -> None:
    """Every convolution and linear layer: weights N(0, deviation), biases 0.

    The editing models' start (docs/protocol/editing.md, A.4); spectrally normalised layers too.
    """
    for name, parameter in network.named_parameters():
        if name.endswith(".bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.normal_(parameter, 0.0, deviation)
