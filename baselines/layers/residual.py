"""The residual block of Pix2PixHD, which HIM shares (docs/protocol/rivals.md, B.1 and D.2)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.winograd import conv3x3

__all__ = ["Norm", "ReflectedResBlock", "instance_norms"]

Norm = Callable[[int], nn.Module]
"""Makes the normalisation of C channels."""


def instance_norms(channels: int) -> nn.Module:
    """Instance norm, whatever the width."""
    del channels
    return InstanceNorm()


class ReflectedResBlock(nn.Module):
    """x + norm(conv(pad(relu(norm(conv(pad(x))))))): 3x3, reflected; no activation after the sum.

    Args:
        channels: C of [B,C,H,W], in and out; sides of at least 2.
        norm: makes the two normalisations.
    """

    def __init__(self, channels: int, norm: Norm = instance_norms) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            norm(channels),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,H,W] -> [B,C,H,W]."""
        y = x
        for layer in self.conv_block:
            y = conv3x3(y, layer) if isinstance(layer, nn.Conv2d) else layer(y)
        return x + y
