"""How weights lie in memory: like the maps that they meet.

Images come channels last, and so do the maps of most networks here. A convolution copies a weight that
lies otherwise at every use, and autograd copies its gradient back.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["lay_channels_last"]


def lay_channels_last(module: nn.Module) -> None:
    """Lays the weights of a module's 2D convolutions channels last; what they hold stays.

    Weights of five axes, as the Swapping Autoencoder's, stay as they are, and so do those under a
    spectral norm, which reads them as matrices and lays out what it makes of them.
    """
    for name, parameter in module.named_parameters():
        if parameter.dim() == 4 and not name.endswith("weight_orig"):
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
