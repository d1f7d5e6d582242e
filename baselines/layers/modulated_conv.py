"""Convolution modulated by a style, a vector or a map: the Swapping Autoencoder's form.

Unlike StyleGAN2's, the input is scaled and the weight is normalised without the style, so that the
style may differ from pixel to pixel (docs/protocol/generation.md, D.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.blur import Blur
from baselines.layers.equalised import Activation, EqualisedLinear

__all__ = ["ModulatedConv", "RegionTexture", "Style", "StyledConv", "style_at"]

_UP_TAPS = (1, 3, 3, 1)


@dataclass(frozen=True, eq=False)
class RegionTexture:
    """A texture vector that gets noise inside a region: S' = S + N * M (SSAE, eq. 1).

    Attributes:
        texture: [B,T], the vector S.
        noise: [B,T], one vector for the region, or [B,T,h,w], one for each pixel.
        mask: [B,1,H,W], the region M; resized nearest to each layer's input.
    """

    texture: Tensor
    noise: Tensor
    mask: Tensor


Style: TypeAlias = Tensor | RegionTexture
"""A vector [B,T], a map [B,T,h,w], or a vector with noise in a region."""


def style_at(style: Style, layer: EqualisedLinear, size: tuple[int, int]) -> Tensor:
    """`layer` of a style: a vector gives [B,C,1,1], anything else [B,C,*size].

    A map is resized bilinearly (align_corners false) before the layer.
    """
    if isinstance(style, RegionTexture):
        return _region_at(style, layer, size)
    if style.dim() == 2:
        vector: Tensor = layer(style)
        return vector[:, :, None, None]
    if tuple(style.shape[2:]) != size:
        style = F.interpolate(style, size=size, mode="bilinear", align_corners=False)
    pixels: Tensor = layer(style.permute(0, 2, 3, 1))
    return pixels.permute(0, 3, 1, 2)


def _region_at(style: RegionTexture, layer: EqualisedLinear, size: tuple[int, int]) -> Tensor:
    mask = F.interpolate(style.mask, size=size, mode="nearest")
    if style.noise.dim() == 2:
        # The layer is affine, so two vectors say all: layer(S + N M) is between them.
        clean = style_at(style.texture, layer, size)
        noisy = style_at(style.texture + style.noise, layer, size)
        return torch.lerp(clean, noisy, mask.to(clean.dtype))
    noise = F.interpolate(style.noise, size=size, mode="nearest")
    return style_at(style.texture[:, :, None, None] + noise * mask, layer, size)


class ModulatedConv(nn.Module):
    """[B,inputs,H,W] and a style -> [B,outputs,H,W], twice the size with `up`.

    Args:
        inputs, outputs: channels.
        kernel: side of the kernel.
        style: length of the style.
        demodulate: RMS-normalise the style's scales and the weight per output channel.
        up: stride-2 transposed convolution, then a blur (1,3,3,1) that sums to 4.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        style: int,
        *,
        demodulate: bool = True,
        up: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, kernel, kernel))
        self.modulation = EqualisedLinear(style, inputs, bias=1.0)
        self.scale = 1 / math.sqrt(inputs * kernel**2)
        self.demodulate = demodulate
        self.up = up
        if up:
            self.blur = Blur(_UP_TAPS, (1, 1), gain=4.0)

    def forward(self, x: Tensor, style: Style) -> Tensor:
        """The convolution of `x`, each pixel scaled by its style."""
        scales = style_at(style, self.modulation, (x.shape[2], x.shape[3]))
        weight = self.weight[0] * self.scale
        if self.demodulate:
            scales = scales * torch.rsqrt(scales.square().mean(1, keepdim=True) + 1e-8)
            weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        x = x * scales
        if self.up:
            blurred: Tensor = self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
            return blurred
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, bias and LeakyReLU times sqrt 2.

    Args:
        inputs, outputs: channels.
        style: length of the style.
        up: double the size.
    """

    def __init__(self, inputs: int, outputs: int, style: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style, up=up)
        self.noise = _Noise()
        self.activate = Activation(outputs)

    def forward(self, x: Tensor, style: Style, noise: Tensor | None) -> Tensor:
        """The layer's output; `noise` is [B,1,H',W'] of the output's size, or None for none."""
        x = self.conv(x, style)
        if noise is not None:
            x = self.noise(x, noise)
        out: Tensor = self.activate(x)
        return out


class _Noise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return x + self.weight * noise
