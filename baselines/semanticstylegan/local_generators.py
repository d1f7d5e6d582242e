"""The classes' own networks, and how their features are laid over each other (C.3).

A local generator is a small network of positions: what a class looks like at each of the coarse
map's pixels, and how near it is there. The nearest class shows; transparent ones show beside it.
"""

from __future__ import annotations

import functools
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.demodulated import StyledPixels, ToMap
from baselines.semanticstylegan.config import SemanticStyleGANConfig

__all__ = ["LocalGenerator", "PositionEmbedding", "compose", "fuse", "positions"]


def positions(side: int, octaves: int) -> Tensor:
    """Fourier features of a square's pixels, [1,2*(2*octaves+1),side,side] float64.

    [p, sin(p), cos(p), sin(2p), cos(2p), ...] with p = (column, row) in -1..1, both ends included.
    """
    line = torch.linspace(-1, 1, side, dtype=torch.float64)
    place = torch.stack([line.expand(side, side), line[:, None].expand(side, side)])
    waves = [wave(place * 2.0**k) for k in range(octaves) for wave in (torch.sin, torch.cos)]
    return torch.cat([place, *waves]).unsqueeze(0)


@functools.lru_cache(maxsize=16)
@torch.inference_mode(False)
def _waves(side: int, octaves: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """`positions` with pixels in rows, [1,side*side,...]."""
    return positions(side, octaves).flatten(2).transpose(1, 2).to(device, dtype)


class PositionEmbedding(nn.Module):
    """The positions that all local generators begin with: () -> [1,N,channels], pixels in rows."""

    def __init__(self, config: SemanticStyleGANConfig) -> None:
        super().__init__()
        # As many octaves as the image has doublings, not the coarse map.
        self.octaves = config.size.bit_length() - 1
        self.side = config.coarse_size
        inputs = 2 * (2 * self.octaves + 1)
        self.weights = nn.Parameter(torch.randn(config.local_channel, inputs, 1, 1))
        self.scale = inputs**-0.5

    def forward(self) -> Tensor:
        """Of the coarse map's N pixels, row by row."""
        matrix = self.weights[..., 0, 0] * self.scale
        return F.linear(_waves(self.side, self.octaves, matrix.device, matrix.dtype), matrix)


class LocalGenerator(nn.Module):
    """One class's network.

    Args:
        config: of the whole network.
        background: the class that lies behind all others; it has no depth of its own.
    """

    def __init__(self, config: SemanticStyleGANConfig, *, background: bool) -> None:
        super().__init__()
        width = config.local_channel
        self.depth_layers = config.depth_layers
        self.linears = nn.ModuleList(
            StyledPixels(width, width, config.style_dim) for _ in range(config.local_layers)
        )
        self.to_feat = ToMap(width, config.coarse_channel)
        if not background:
            self.to_depth = ToMap(width, 1)

    def forward(self, pixels: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Before `to_feat`: features [B,N,C], and the depth [B,N,1].

        Args:
            pixels: the positions, [1,N,C].
            styles: [B,layers,D].
        """
        depth = pixels.new_zeros(len(styles), pixels.shape[1], 1)
        for i, layer in enumerate(self.linears):
            pixels = layer(pixels, styles[:, i])
            if i == self.depth_layers - 1 and hasattr(self, "to_depth"):
                depth = self.to_depth.pixels(pixels)
        return pixels, depth


def compose(
    depths: Tensor, transparent: tuple[int, ...], only: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The share of every class at every pixel, and the weight of its features there.

    Args:
        depths: [...,K].
        transparent: classes that lie over the others; with them weights may sum to more than 1.
        only: composition mask, broadcast to `depths`: 0 leaves a class out.

    Returns:
        Shares and weights, both [...,K].
    """
    shares = depths.softmax(-1)
    if only is not None:
        shares = shares * only
        shares = shares / (shares.sum(-1, keepdim=True) + 1e-8)
    if not transparent:
        return shares, shares
    over = _among(transparent, shares.shape[-1], shares.device)
    opaque = shares.masked_fill(over, 0.0)
    opaque = opaque / (opaque.sum(-1, keepdim=True) + 1e-8)
    return shares, torch.where(over, shares, opaque)


@functools.lru_cache(maxsize=16)
@torch.inference_mode(False)
def _among(some: tuple[int, ...], count: int, device: torch.device) -> Tensor:
    """Bool [count], True at some places. A number that is set at one place is copied from the host."""
    return torch.tensor([k in some for k in range(count)], device=device)


def fuse(nets: nn.ModuleList, pixels: list[Tensor], weights: Tensor) -> Tensor:
    """The classes' features, each through its own `to_feat`, added by their weights.

    All classes go through one matrix product: a weighted sum of linear maps is linear in the
    weighted features.

    Args:
        nets: the local generators.
        pixels: their features, [B,N,C] each.
        weights: [B,N,K].

    Returns:
        [B,N,coarse channels].
    """
    maps = [cast("ToMap", net.to_feat) for net in nets]
    weighted = [each * weights[..., k : k + 1] for k, each in enumerate(pixels)]
    matrix = torch.cat([one.matrix() for one in maps], dim=1)
    biases = torch.cat([one.bias.flatten(1) for one in maps]).transpose(0, 1)
    return F.linear(torch.cat([*weighted, weights], dim=2), torch.cat([matrix, biases], dim=1))
