"""SIEDOB's background generator with its style propagation (docs/protocol/rivals.md, A.2).

    image = BackgroundGenerator(config)(known, labels, edges, hole, background)

A gated U-Net. Behind each of its first three decoder layers the style of every class, as the known
background shows it, is carried to where the class shall be.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.gated_conv import ConvBlock, GatedConv, UpGatedConv
from baselines.layers.instance_norm import exact_instance_norm
from baselines.layers.label_map import SymbolMap, fixed_sizes
from baselines.layers.neighbourhoods import resize_nearest
from baselines.layers.pointwise import rectify
from baselines.layers.region_style import average_regions, image_means
from baselines.layers.spade import InstanceSPADE
from baselines.layers.wide_label_conv import looked_up_conv
from baselines.layers.winograd import conv3x3
from baselines.siedob.config import SIEDOBConfig

__all__ = ["BackgroundGenerator", "StylePropagation"]


class BackgroundGenerator(nn.Module):
    """Known pixels, labels, hole and background -> an image, [B,3,H,W] in [-1,1].

    Sides are multiples of 16.

    Args:
        config: widths and classes.
        spectral_norm: training form of the up-sampling layers; False takes folded weights.
    """

    def __init__(self, config: SIEDOBConfig, *, spectral_norm: bool = False) -> None:
        super().__init__()
        n = config.background
        self.classes = config.classes

        def up(inputs: int, outputs: int) -> UpGatedConv:
            return UpGatedConv(inputs, outputs, spectral_norm=spectral_norm)

        self.init_conv = ConvBlock(config.classes + 5, n, 7, pad=3, normed=True)
        self.enc1 = GatedConv(n, 2 * n, 2)
        self.enc2 = GatedConv(2 * n, 2 * n)
        self.enc3 = GatedConv(2 * n, 4 * n, 2)
        self.enc4 = GatedConv(4 * n, 4 * n)
        self.enc5 = GatedConv(4 * n, 8 * n, 2)
        self.enc6 = GatedConv(8 * n, 8 * n)
        self.enc7 = GatedConv(8 * n, 8 * n, 2)
        self.enc8 = GatedConv(8 * n, 16 * n)
        self.dec1 = up(16 * n + 8 * n, 8 * n)
        self.style1 = StylePropagation(8 * n, config)
        self.dec2 = up(8 * n + 4 * n, 4 * n)
        self.style2 = StylePropagation(4 * n, config)
        self.dec3 = up(4 * n + 2 * n, 2 * n)
        self.style3 = StylePropagation(2 * n, config)
        self.dec4 = up(2 * n, 2 * n)
        self.dec5 = GatedConv(2 * n, n)
        self.conv_img = ConvBlock(n, 3, 3, pad=1, active=False)

    def forward(
        self, known: Tensor, labels: Tensor, edges: Tensor, hole: Tensor, background: Tensor
    ) -> Tensor:
        """The image; only its background inside the hole is meant.

        Args:
            known: [B,3,H,W] in [-1,1], 0 in the hole.
            labels: int64 [B,H,W] in 0..classes-1, of the whole image; -1 is no class.
            edges: bool [B,H,W], True at a region's border inside the hole.
            hole: bool [B,H,W].
            background: bool [B,H,W], True where no object is painted.
        """
        shown = torch.where(background, labels, -1)
        semantics = SymbolMap.of_labels(shown, self.classes, known.dtype, [edges & background])
        x = self._first(known, semantics, hole)  # (B, n, H, W)
        skip1 = self.enc2(self.enc1(x))  # (B, 2n, H/2, W/2)
        skip2 = self.enc4(self.enc3(skip1))  # (B, 4n, H/4, W/4)
        skip3 = self.enc6(self.enc5(skip2))  # (B, 8n, H/8, W/8)
        x = self.enc8(self.enc7(skip3))  # (B, 16n, H/16, W/16)
        x = self.style1(self.dec1(x, skip3), shown, hole)
        x = self.style2(self.dec2(x, skip2), shown, hole)
        x = self.style3(self.dec3(x, skip1), shown, hole)
        x = self.dec5(self.dec4(x))  # (B, n, H, W)
        return torch.tanh(self.conv_img(rectify(x)))

    def _first(self, known: Tensor, semantics: SymbolMap, hole: Tensor) -> Tensor:
        """`init_conv` on concat[known, semantics, hole]; the label channels go through tables."""
        mask = hole.unsqueeze(1).to(known)
        if not semantics.tabulated:
            x: Tensor = self.init_conv(torch.cat([known, semantics.dense(), mask], dim=1))
            return x
        conv = self.init_conv.conv
        of_image, of_labels, of_mask = torch.split(conv.weight, [3, self.classes + 1, 1], dim=1)
        weight = torch.cat([of_image, of_mask], dim=1)
        x = F.conv2d(torch.cat([known, mask], dim=1), weight, conv.bias, padding=3)
        x += looked_up_conv(semantics, of_labels)
        return rectify(exact_instance_norm(x))


class StylePropagation(nn.Module):
    """Brings the style of each class's known pixels to all pixels of the class.

    The mean feature of a class is its code; label and code condition the normalisation of the
    features. [B,dim,h,w] -> the same shape.

    Args:
        dim: channels.
        config: classes, and the length of a code.
    """

    def __init__(self, dim: int, config: SIEDOBConfig) -> None:
        super().__init__()
        self.classes = config.classes
        self.unpropagated = [k for k in config.unpropagated if k < config.classes]
        self.conv = ConvBlock(dim, config.propagation, 3, pad=1)
        self.stylelayer = _ConditionedLayer(dim, config.propagation + config.classes, config.hidden)

    def forward(self, x: Tensor, labels: Tensor, hole: Tensor) -> Tensor:
        """The layer's output.

        Args:
            x: features [B,dim,h,w].
            labels: int64 [B,H,W], -1 outside the background.
            hole: bool [B,H,W].
        """
        size = (x.shape[2], x.shape[3])
        here = resize_nearest(labels, size)
        hidden = resize_nearest(hole, size)
        codes = self._codes(self.conv(x), torch.where(hidden, -1, here))
        out: Tensor = self.stylelayer(x, self._condition(codes, here))
        return out

    def _codes(self, features: Tensor, known: Tensor) -> Tensor:
        """[B,classes+1,D]: each class's code; zero where nothing of it is known, or for a thing."""
        batch, count = len(known), self.classes + 1
        places = torch.where(known < 0, self.classes, known)
        if fixed_sizes(known.device):
            means, pixels = image_means(features, places, count)
        else:
            regions = places + count * torch.arange(batch, device=known.device).view(-1, 1, 1)
            flat, found = average_regions(features, regions, batch * count)
            means, pixels = flat.view(batch, count, -1), found.view(batch, count)
        shown = pixels > 0
        for label in (*self.unpropagated, self.classes):
            shown[:, label].fill_(False)
        return torch.where(shown.unsqueeze(2), means.to(features.dtype), 0)

    def _condition(self, codes: Tensor, labels: Tensor) -> SymbolMap:
        """Code, then one-hot label, at every pixel of the background."""
        batch, count = len(codes), self.classes + 1
        hot = torch.eye(count, dtype=codes.dtype, device=codes.device)[:, : self.classes]
        columns = torch.cat([codes, hot.expand(batch, -1, -1)], dim=2).flatten(0, 1)
        places = torch.where(labels < 0, self.classes, labels)
        offsets = count * torch.arange(batch, device=labels.device).view(-1, 1, 1)
        return SymbolMap(places + offsets, columns)


class _ConditionedLayer(nn.Module):
    def __init__(self, dim: int, channels: int, hidden: int) -> None:
        super().__init__()
        self.conv_0 = nn.Conv2d(dim, dim, 3, padding=1)
        self.spade = InstanceSPADE(dim, channels, hidden)

    def forward(self, x: Tensor, condition: SymbolMap) -> Tensor:
        return rectify(self.spade(conv3x3(x, self.conv_0), condition))
