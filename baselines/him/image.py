"""HIM's image generator: known pixels and labels in two streams (docs/protocol/rivals.md, D.1)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.him.config import HIMConfig
from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.label_map import SymbolMap
from baselines.layers.residual import ReflectedResBlock
from baselines.layers.scaled_discriminator import ScaledDiscriminator
from baselines.layers.wide_label_conv import reflected_conv

__all__ = ["ImageGenerator", "him_labels", "image_discriminator"]


def him_labels(config: HIMConfig, labels: Tensor) -> SymbolMap:
    """The label map that the image generator reads: one-hot, int64 [B,H,W], -1 = no class at all."""
    return SymbolMap.of_labels(labels, config.classes, torch.float32)


class ImageGenerator(nn.Module):
    """Masked image and labels of the whole window -> image, [B,3,H,W] in [-1,1].

    One stream reads the image, the other the labels, down to 1/2^D of the size. There the labels'
    features take the masked cells, the image's the others; what follows is shared, with skips from
    the image's stream. Sides are multiples of 2^D.
    """

    def __init__(self, config: HIMConfig) -> None:
        super().__init__()
        self.config = config
        n, depth = config.ngf, config.downsamplings
        self.ctx_inputEmbedder = _embedder(3, n)
        self.obj_inputEmbedder = _embedder(config.classes, n)
        self.ctx_downsampler = _downsampler(n, depth)
        self.obj_downsampler = _downsampler(n, depth)
        deepest = n * 2**depth
        self.latent_embedder = nn.Sequential(
            *(ReflectedResBlock(deepest) for _ in range(config.blocks))
        )
        up: list[nn.Module] = []
        for level in range(depth, 0, -1):
            # Below the deepest level a skip as wide as the features stands before them.
            inputs = n * 2**level * (1 if level == depth else 2)
            conv = nn.ConvTranspose2d(inputs, n * 2 ** (level - 1), 3, 2, 1, output_padding=1)
            up += [conv, InstanceNorm(), nn.ReLU()]
        self.decoder = nn.Sequential(*up)
        self.outputEmbedder = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(n, 3, 7), nn.Tanh())

    def forward(self, masked: Tensor, labels: SymbolMap, mask: Tensor) -> Tensor:
        """The image; what it shows outside the mask is raw too (see `gated`).

        Args:
            masked: [B,3,H,W] RGB in [-1,1], zero inside the mask.
            labels: one-hot labels of the whole window.
            mask: float [B,1,H,W], 1 = edit.
        """
        x = self.ctx_inputEmbedder(masked)  # (B, n, H, W)
        skips = []
        for level, down in enumerate(_triples(self.ctx_downsampler)):
            x = down(x)  # (B, 2n, H/2, W/2), ...
            if level < self.config.downsamplings - 1:
                skips.append(x)
        x = torch.where(self._cells(mask) > 0, self._labels(labels), x)
        x = self.latent_embedder(x)
        for level, up in enumerate(_triples(self.decoder)):
            x = up(x if level == 0 else torch.cat([skips.pop(), x], dim=1))
        image: Tensor = self.outputEmbedder(x)
        return image

    def gated(self, masked: Tensor, labels: SymbolMap, mask: Tensor) -> Tensor:
        """The image inside the mask, the masked image outside of it."""
        image: Tensor = self(masked, labels, mask)
        return mask * image + (1 - mask) * masked

    def _labels(self, labels: SymbolMap) -> Tensor:
        first = self.obj_inputEmbedder[1]
        assert isinstance(first, nn.Conv2d)
        features: Tensor = self.obj_inputEmbedder[2:](reflected_conv(labels, first))
        deep: Tensor = self.obj_downsampler(features)
        return deep

    def _cells(self, mask: Tensor) -> Tensor:
        # One pixel of a cell switches the whole cell to the labels' stream.
        return F.max_pool2d(mask, self.config.divisor)


def image_discriminator(config: HIMConfig) -> ScaledDiscriminator:
    """Over concat[one-hot labels, image], everything multiplied by the mask."""
    return ScaledDiscriminator(
        config.classes + 3, config.ndf, config.discriminator_layers, config.scales
    )


def _embedder(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(inputs, outputs, 7), InstanceNorm(), nn.ReLU()
    )


def _downsampler(width: int, depth: int) -> nn.Sequential:
    widths = [width * 2**level for level in range(depth + 1)]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Conv2d(fan_in, fan_out, 3, 2, 1), InstanceNorm(), nn.ReLU()]
    return nn.Sequential(*layers)


def _triples(layers: nn.Sequential) -> list[nn.Sequential]:
    """Convolution, normalisation and activation of each level."""
    return [layers[k : k + 3] for k in range(0, len(layers), 3)]
