"""The render net: the fused features into image and segmentation; no style reaches it (C.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from baselines.layers.demodulated import FixedConv, ToMap
from baselines.semanticstylegan.config import SemanticStyleGANConfig

__all__ = ["RenderNet", "Rendered"]

Rendered = tuple[Tensor, Tensor | None]
"""Image [B,3,S,S], not bounded by a tanh, and segmentation [B,K,S,S] where it was asked for."""


class RenderNet(nn.Module):
    """[B,coarse channels,c,c] -> image and segmentation of the network's size."""

    def __init__(self, config: SemanticStyleGANConfig) -> None:
        super().__init__()
        self.config = config
        self.convs, self.to_rgbs, self.to_segs = (nn.ModuleList() for _ in range(3))
        self.noises = nn.Module()
        inputs = config.coarse_channel
        for i, side in enumerate(config.levels):
            width = config.channels(side)
            # Where the pyramid reaches the coarse map's side, that joins in at full resolution.
            joined = config.coarse_channel * (i > 0 and side // 2 == config.coarse_size)
            self.convs.append(FixedConv(inputs + joined, width, up=True))
            self.convs.append(FixedConv(width, width))
            self.to_rgbs.append(ToMap(width, 3))
            self.to_segs.append(ToMap(width, config.seg_dim))
            for k in (2 * i, 2 * i + 1):
                self.noises.register_buffer(f"noise_{k}", torch.randn(1, 1, side, side))
            inputs = width

    @property
    def stored_noise(self) -> list[Tensor]:
        """The checkpoint's own noise maps, two a level, [1,1,side,side]."""
        return list(self.noises.buffers())

    def draw_noise(self, generators: Sequence[Generator] | int) -> list[Tensor]:
        """Fresh maps in the place of the stored ones, an image's own from its CPU generator.

        Or of so many images, drawn on the network's device by PyTorch's own generator.
        """
        if isinstance(generators, int):
            return [
                one.new_empty(generators, *one.shape[1:]).normal_() for one in self.stored_noise
            ]
        return [
            torch.stack([torch.randn(one.shape[1:], generator=g) for g in generators]).to(one)
            for one in self.stored_noise
        ]

    def forward(
        self,
        feature: Tensor,
        coarse: Tensor,
        *,
        noise: Sequence[Tensor] | None = None,
        segment: bool = True,
    ) -> Rendered:
        """The images.

        Args:
            feature: [B,coarse channels,c,c].
            coarse: coarse segmentation [B,K,c,c], -1..1.
            noise: two maps a level; the stored ones where None.
            segment: False leaves the segmentation out, which nothing else depends on.
        """
        config = self.config
        noise = self.stored_noise if noise is None else noise
        # As the adaptive pooling of the release; this one's gradient is the same in every run.
        x = F.avg_pool2d(feature, config.coarse_size // config.min_feat_size)
        maps: Tensor | None = None
        for i, side in enumerate(config.levels):
            if i > 0 and x.shape[2] == config.coarse_size:
                x = torch.cat([x, feature], dim=1)
            for k in (2 * i, 2 * i + 1):
                x = self.convs[k](x, noise[k])
            maps = self._maps(i, x, maps, segment=segment)
            if segment and config.residual_refine and side == config.coarse_size:
                maps = torch.cat([maps[:, :3], maps[:, 3:] + coarse], dim=1)
        assert maps is not None
        return maps[:, :3], maps[:, 3:] if segment else None

    def _maps(self, i: int, x: Tensor, smaller: Tensor | None, *, segment: bool) -> Tensor:
        """Image and segmentation of a level as one map [B,3+K,side,side]."""
        every = [self.to_rgbs[i], self.to_segs[i]] if segment else [self.to_rgbs[i]]
        layers = cast("list[ToMap]", every)
        weight = torch.cat([one.matrix() for one in layers])[..., None, None]
        bias = torch.cat([one.bias.flatten() for one in layers])
        found = F.conv2d(x, weight, bias)
        return found if smaller is None else found + _enlarged(smaller, layers[0])


def _enlarged(smaller: Tensor, layer: ToMap) -> Tensor:
    """Twice the size: zeros after each sample, then the blur with two more before and one behind."""
    channels = smaller.shape[1]
    # What the blur of the zero-stuffed map multiplies is a transposed convolution by its kernel.
    kernel = layer.upsample.kernel.expand(channels, 1, -1, -1)
    return F.conv_transpose2d(smaller, kernel, stride=2, padding=1, groups=channels)
