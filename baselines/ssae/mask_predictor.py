"""SMPN: finds one region of a face, from the picture alone (protocol/generation.md, D.4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import resnet18

__all__ = ["MaskPredictor"]

_LEVELS = (64, 128, 256, 512)
_DILATIONS = (1, 2, 4)


class MaskPredictor(nn.Module):
    """A U-Net on ResNet-18: [B,3,H,W] in [-1,1] RGB -> logits [B,1,H,W].

    Args:
        width: channels of the parallel convolutions and of the decoder.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.encoder = resnet18(weights=None)
        del self.encoder.avgpool, self.encoder.fc
        self.branches = nn.ModuleList(_Parallel(channels, width) for channels in _LEVELS)
        self.decoder = nn.ModuleList(
            _TwoConvs(width if i == len(_LEVELS) - 1 else 2 * width, width)
            for i in range(len(_LEVELS))
        )
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits of the region's mask."""
        # The encoder's pretrained weights expect ImageNet's statistics.
        mean = picture.new_tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
        deviation = picture.new_tensor((0.229, 0.224, 0.225)).view(3, 1, 1)
        levels = self._encode((picture / 2 + 0.5 - mean) / deviation)
        x = self.decoder[-1](self.branches[-1](levels[-1]))
        for i in range(len(levels) - 2, -1, -1):
            branch = self.branches[i](levels[i])
            x = F.interpolate(x, size=branch.shape[2:], mode="bilinear", align_corners=False)
            x = self.decoder[i](torch.cat([x, branch], dim=1))
        size = picture.shape[2:]
        return F.interpolate(self.head(x), size=size, mode="bilinear", align_corners=False)

    def _encode(self, x: Tensor) -> list[Tensor]:
        encoder = self.encoder
        x = encoder.maxpool(encoder.relu(encoder.bn1(encoder.conv1(x))))
        levels: list[Tensor] = []
        for layer in (encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4):
            x = layer(x)
            levels.append(x)
        return levels


class _Parallel(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.parallel = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(inputs, width, 3, padding=d, dilation=d, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            )
            for d in _DILATIONS
        )
        self.join = nn.Conv2d(width * len(_DILATIONS), width, 1)

    def forward(self, x: Tensor) -> Tensor:
        joined: Tensor = self.join(torch.cat([branch(x) for branch in self.parallel], dim=1))
        return joined


class _TwoConvs(nn.Sequential):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
        )
