"""SIEDOB's fusion: makes one image of background and objects (docs/protocol/rivals.md, A.5)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.layers.gated_conv import ConvBlock, GatedConv, UpGatedConv
from baselines.siedob.config import SIEDOBConfig

__all__ = ["Fusion"]


class Fusion(nn.Module):
    """The assembled image with hole and edges -> the image, [B,3,H,W] in [-2,2].

    Args:
        config: its width.
        spectral_norm: training form of the up-sampling layers; False takes folded weights.
    """

    def __init__(self, config: SIEDOBConfig, *, spectral_norm: bool = False) -> None:
        super().__init__()
        n = config.fusion

        def up(inputs: int, outputs: int) -> UpGatedConv:
            return UpGatedConv(inputs, outputs, spectral_norm=spectral_norm)

        self.init_conv = ConvBlock(5, n, 7, pad=3, normed=True)
        self.enc1 = GatedConv(n, 2 * n, 2)
        self.enc2 = GatedConv(2 * n, 2 * n)
        self.enc3 = GatedConv(2 * n, 4 * n, 2)
        self.enc4 = GatedConv(4 * n, 4 * n)
        self.enc5 = GatedConv(4 * n, 8 * n, 2)
        self.enc6 = GatedConv(8 * n, 8 * n)
        self.dec2 = up(8 * n + 4 * n, 4 * n)
        self.dec3 = up(4 * n + 2 * n, 2 * n)
        self.dec4 = up(2 * n, 2 * n)
        self.dec5 = GatedConv(2 * n, n)
        self.conv_img = ConvBlock(n, 3, 3, pad=1, active=False)

    def forward(self, assembled: Tensor, hole: Tensor, edges: Tensor) -> Tensor:
        """The assembled image, corrected inside the hole.

        Args:
            assembled: [B,3,H,W] in [-1,1]; sides are multiples of 8.
            hole: bool [B,H,W].
            edges: bool [B,H,W], True at a region's border inside the hole.
        """
        masks = torch.stack([hole, edges], dim=1).to(assembled)
        x = self.init_conv(torch.cat([assembled, masks], dim=1))  # (B, n, H, W)
        skip1 = self.enc2(self.enc1(x))  # (B, 2n, H/2, W/2)
        skip2 = self.enc4(self.enc3(skip1))  # (B, 4n, H/4, W/4)
        x = self.enc6(self.enc5(skip2))  # (B, 8n, H/8, W/8)
        x = self.dec3(self.dec2(x, skip2), skip1)
        x = self.dec5(self.dec4(x))  # (B, n, H, W)
        return torch.tanh(self.conv_img(x)) * masks[:, :1] + assembled
