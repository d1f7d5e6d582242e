"""The Swapping Autoencoder's encoder: an image into structure and texture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.layers.blur import Blur
from baselines.layers.equalised import ConvLayer, EqualisedLinear, ResBlock
from baselines.sae.config import SAEConfig, encoder_width

__all__ = ["SAEEncoder", "normalise"]


def normalise(code: Tensor) -> Tensor:
    """L2-normalised over channels: code * rsqrt(sum code^2 + 1e-8)."""
    return code * torch.rsqrt(code.square().sum(1, keepdim=True) + 1e-8)


class SAEEncoder(nn.Module):
    """[B,3,H,W] in [-1,1] -> structure [B,8,H/16,W/16] and texture [B,2048], both of norm 1."""

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        levels = config.downsamplings
        width = [encoder_width(config, i) for i in range(levels + config.texture_downsamplings + 1)]
        self.FromRGB = ConvLayer(3, width[0], 1)
        self.DownToSpatialCode = nn.Sequential()
        for i in range(levels):
            block = ResBlock(width[i], width[i + 1], mode="reflect")
            self.DownToSpatialCode.add_module(f"ResBlockDownBy{2**i}", block)
        self.ToSpatialCode = nn.Sequential(
            ConvLayer(width[levels], width[levels], 1),
            ConvLayer(width[levels], config.structure, 1, active=False, bias=True),
        )
        self.DownToGlobalCode = nn.Sequential()
        for i in range(levels, levels + config.texture_downsamplings):
            layer = ConvLayer(width[i], width[i + 1], 3, blur=Blur((1,), (0, 0)))
            self.DownToGlobalCode.add_module(f"ConvLayerDownBy{2**i}", layer)
        self.ToGlobalCode = nn.Sequential(EqualisedLinear(width[-1], config.texture))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(structure, texture) of an image."""
        features = self.DownToSpatialCode(self.FromRGB(image))
        structure = self.ToSpatialCode(features)
        texture = self.ToGlobalCode(self.DownToGlobalCode(features).mean((2, 3)))
        return normalise(structure), normalise(texture)
