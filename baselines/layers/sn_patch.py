"""The patch discriminator of the progressive editors: one stack of strided 5x5 convolutions.

Spectral norm, replicate padding, no bias, LeakyReLU 0.2 after every layer, the last one too
(docs/protocol/editing.md, A.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.initial import draw_normal
from baselines.layers.spectral import spectral

__all__ = ["SNPatchDiscriminator", "patch_widths"]


def patch_widths(size: int, ndf: int = 64) -> tuple[int, ...]:
    """Output channels of the layers for images of `size`: each halves it, down to 4x4.

    64 -> (ndf, 2 ndf, 4 ndf, 3); every doubling of the size adds a layer of 4 ndf.
    """
    layers = max(1, size.bit_length() - 3)
    return (*(ndf * min(2**i, 4) for i in range(layers - 1)), 3)


class SNPatchDiscriminator(nn.Module):
    """Scores of patches: [B,classes,H,W] labels and [B,3,H,W] image -> [B,3,H/2^n,W/2^n].

    Args:
        classes: one-hot channels (inside the mask only; no edge channel).
        widths: output channels of the n layers.
        spectral_norm: False = plain weights.
    """

    def __init__(self, classes: int, widths: Sequence[int], *, spectral_norm: bool = True) -> None:
        super().__init__()
        inputs = (classes + 3, *widths[:-1])
        self.dis_model = nn.Sequential(
            *(_StridedLayer(i, o, spectral_norm) for i, o in zip(inputs, widths, strict=True))
        )
        draw_normal(self)

    def forward(self, labels: Tensor, image: Tensor) -> Tensor:
        """Scores of `image` under the one-hot `labels` of its mask; the hinge's argument."""
        scores: Tensor = self.dis_model(torch.cat([labels, image], dim=1))
        return scores


class _StridedLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, spectral_norm: bool) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False, padding_mode="replicate")
        self.conv = spectral(convolution, spectral_norm)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), 0.2)
