"""The patch discriminator of SPMPGAN, DivSem and SIEDOB: one stack of strided 5x5 convolutions.

Spectral norm, no bias, LeakyReLU 0.2 after every layer, the last one too (docs/protocol/editing.md,
A.5; docs/protocol/rivals.md, A.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.initial import draw_normal
from baselines.layers.spectral import spectral

__all__ = ["SNPatchDiscriminator", "patch_widths"]

Padding = Literal["replicate", "zeros"]


def patch_widths(size: int, ndf: int = 64) -> tuple[int, ...]:
    """Output channels of the layers for images of `size`: each halves it, down to 4x4.

    64 -> (ndf, 2 ndf, 4 ndf, 3); every doubling of the size adds a layer of 4 ndf.
    """
    layers = max(1, size.bit_length() - 3)
    return (*(ndf * min(2**i, 4) for i in range(layers - 1)), 3)


class SNPatchDiscriminator(nn.Module):
    """Scores of patches, the hinge's argument: [B,inputs,H,W] -> [B,3,H/2^n,W/2^n].

    Args:
        inputs: channels of everything that it sees together.
        widths: output channels of the n layers.
        padding: "replicate" (SPMPGAN, DivSem) or "zeros" (SIEDOB).
        spectral_norm: False = plain weights.
    """

    def __init__(
        self,
        inputs: int,
        widths: Sequence[int],
        *,
        padding: Padding = "replicate",
        spectral_norm: bool = True,
    ) -> None:
        super().__init__()
        pairs = zip((inputs, *widths[:-1]), widths, strict=True)
        self.dis_model = nn.Sequential(
            *(_StridedLayer(i, o, padding, spectral_norm) for i, o in pairs)
        )
        draw_normal(self)

    def forward(self, *maps: Tensor) -> Tensor:
        """Scores of maps [B,c,H,W], which are seen one after the other as channels."""
        scores: Tensor = self.dis_model(torch.cat(maps, dim=1))
        return scores


class _StridedLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, padding: Padding, spectral_norm: bool) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False, padding_mode=padding)
        self.conv = spectral(convolution, spectral_norm)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), 0.2)
