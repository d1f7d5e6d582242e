"""Perceptual distances as losses: of float images, with gradients that reach the image.

The metrics (`bench.networks.perceptual`) look at stored bytes and need no gradients; this is the
same formula, for whoever optimises an image by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.core.identity import Record
from bench.networks.perceptual import (
    TRUNKS,
    LPIPSNetwork,
    lpips_scaled,
    lpips_trunk,
    lpips_weights,
)
from bench.networks.procedural import SegmenterLayers
from bench.networks.segmenters.unet import load_segmenter
from bench.networks.weights import require

__all__ = ["PerceptualDistance", "Through", "perceptual_distance"]

Through = Literal["vgg", "alex", "squeeze", "segmenter"]
"""LPIPS through one of its trunks, or its formula through our own segmenter, which is no LPIPS."""

_EPSILON = 1e-10


class PerceptualDistance(nn.Module):
    """How unlike images are to a known one: LPIPS' formula (Zhang et al. 2018, version 0.1).

    At each layer the features are scaled to unit length per pixel, squared differences are weighted by
    channel and averaged over pixels, and the layers are added.

    Args:
        network: frozen; its parameters are counted where the distance is part of a method.
        look: [B,3,H,W] RGB in [-1,1] -> the layers, [B,C,h,w] each.
        channels: what each layer's channels count, [C] each.
        identity: tensors and preprocessing, for the hash of a method.
    """

    def __init__(
        self,
        network: nn.Module,
        look: Callable[[Tensor], Sequence[Tensor]],
        channels: Sequence[Tensor],
        identity: Record,
    ) -> None:
        super().__init__()
        self.network = network
        self.identity = identity
        self._look = look
        for i, weights in enumerate(channels):
            self.register_buffer(f"channels_{i}", weights.clone(), persistent=False)

    def features(self, image: Tensor) -> list[Tensor]:
        """Layers of unit length at each pixel, to be computed once for an image that stays."""
        return [_unit(layer) for layer in self._look(image)]

    def forward(self, image: Tensor, known: Sequence[Tensor]) -> Tensor:
        """The distances [B] of images to one whose `features` are known."""
        found = []
        for i, (one, other) in enumerate(zip(self.features(image), known, strict=True)):
            weights = self.get_buffer(f"channels_{i}").view(1, -1, 1, 1)
            found.append(((one - other).square() * weights).sum(1).mean((1, 2)))
        return torch.stack(found).sum(0)


def perceptual_distance(through: Through) -> PerceptualDistance:
    """The distance through a network, on the CPU.

    Raises:
        WeightsMissing: its weights are not here; the sentence says where they belong.
    """
    return _segmenter() if through == "segmenter" else _lpips(through)


def _lpips(trunk: Literal["vgg", "alex", "squeeze"]) -> PerceptualDistance:
    weights = require(TRUNKS[trunk])
    network = lpips_trunk(trunk, weights).to(memory_format=torch.channels_last)

    def look(image: Tensor) -> list[Tensor]:
        found: list[Tensor] = network(lpips_scaled(image))
        return found

    identity = LPIPSNetwork(trunk, weights).identity()
    return PerceptualDistance(network, look, lpips_weights(trunk), identity)


def _segmenter() -> PerceptualDistance:
    layers = SegmenterLayers()
    network = load_segmenter().requires_grad_(False)
    side = network.config.size

    def look(image: Tensor) -> list[Tensor]:
        if tuple(image.shape[2:]) != (side, side):
            image = F.interpolate(
                image, (side, side), mode="bilinear", align_corners=False, antialias=True
            )
        return network.levels(image)

    return PerceptualDistance(network, look, layers.channel_weights(), layers.identity())


def _unit(layer: Tensor) -> Tensor:
    # A pixel without any response has no direction: the root's slope there is infinite, and the
    # package's gradient not a number. It stays 0, and so does its gradient.
    length = layer.square().sum(1, keepdim=True).clamp_min(1e-30).sqrt()
    return layer / (length + _EPSILON)
