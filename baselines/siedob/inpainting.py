"""SIEDOB's object inpainting: completes an object of which something is visible.

docs/protocol/rivals.md, A.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.layers.gated_conv import ConvBlock, GatedConv, UpGatedConv
from baselines.layers.label_map import SymbolMap
from baselines.siedob.config import SIEDOBConfig

__all__ = ["ObjectInpainting"]


class ObjectInpainting(nn.Module):
    """An object's crop with a hole -> the crop, [B,3,S,S] in [-1,1].

    Args:
        config: widths and object classes.
        spectral_norm: training form of the up-sampling layers; False takes folded weights.
    """

    def __init__(self, config: SIEDOBConfig, *, spectral_norm: bool = False) -> None:
        super().__init__()
        n = config.inpainting
        self.classes = config.class_channels

        def up(inputs: int, outputs: int) -> UpGatedConv:
            return UpGatedConv(inputs, outputs, spectral_norm=spectral_norm)

        self.init_conv = ConvBlock(5 + self.classes, n, 7, pad=3, normed=True)
        self.enc1 = GatedConv(n, 2 * n, 2)
        self.enc2 = GatedConv(2 * n, 4 * n, 2)
        self.enc22 = GatedConv(4 * n, 4 * n)
        self.enc3 = GatedConv(4 * n, 8 * n, 2)
        self.enc32 = GatedConv(8 * n, 8 * n)
        self.enc4 = GatedConv(8 * n, 16 * n, 2)
        self.enc5 = GatedConv(16 * n, 16 * n)
        self.enc6 = GatedConv(16 * n, 16 * n)
        self.dec2 = up(16 * n + 8 * n, 8 * n)
        self.dec22 = GatedConv(8 * n, 8 * n)
        self.dec3 = up(8 * n + 4 * n, 4 * n)
        self.dec32 = GatedConv(4 * n, 4 * n)
        self.dec4 = up(4 * n + 2 * n, 2 * n)
        self.dec43 = GatedConv(2 * n, 2 * n)
        self.dec5 = up(2 * n, 2 * n)
        self.dec6 = GatedConv(2 * n, n)
        self.conv_img = ConvBlock(n, 3, 3, pad=1, active=False)

    def forward(self, image: Tensor, instance: Tensor, hole: Tensor, kinds: Tensor) -> Tensor:
        """The objects, known pixels made anew as well.

        Args:
            image: [B,3,S,S] in [-1,1], 0 outside the object and inside its hole.
            instance: bool [B,S,S], True on the object.
            hole: bool [B,S,S], True on the object's hidden pixels.
            kinds: int64 [B], the class-map channel of each object.
        """
        classes = class_map(instance, kinds, self.classes, image.dtype).dense()
        masks = torch.stack([instance, hole], dim=1).to(image)
        x = self.init_conv(torch.cat([image, masks, classes], dim=1))  # (B, n, S, S)
        skip1 = self.enc1(x)  # (B, 2n, S/2, S/2)
        skip2 = self.enc22(self.enc2(skip1))  # (B, 4n, S/4, S/4)
        skip3 = self.enc32(self.enc3(skip2))  # (B, 8n, S/8, S/8)
        x = self.enc6(self.enc5(self.enc4(skip3)))  # (B, 16n, S/16, S/16)
        x = self.dec22(self.dec2(x, skip3))
        x = self.dec32(self.dec3(x, skip2))
        x = self.dec43(self.dec4(x, skip1))
        x = self.dec6(self.dec5(x))  # (B, n, S, S)
        return torch.tanh(self.conv_img(x))


def class_map(instance: Tensor, kinds: Tensor, channels: int, dtype: torch.dtype) -> SymbolMap:
    """The class map: each object's class vector on its pixels, zero elsewhere.

    Args:
        instance: bool [B,S,S].
        kinds: int64 [B], the channel that is 1.
        channels: of the map.
        dtype: of the map.
    """
    labels = torch.where(instance, kinds.view(-1, 1, 1), -1)
    return SymbolMap.of_labels(labels, channels, dtype)
