"""SMPN: finds one region of a face, from the image alone (docs/protocol/generation.md, D.4)."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock

from baselines.layers.strided_pointwise import StridedPointwise

__all__ = ["MaskPredictor"]

_LEVELS = (1, 2, 4, 8)
"""Channels of the encoder's four levels in units of its width."""

_DILATIONS = (1, 2, 4)


class MaskPredictor(nn.Module):
    """A U-Net on ResNet-18: [B,3,H,W] in [-1,1] RGB -> logits [B,1,H,W].

    Args:
        width: channels of the parallel convolutions and of the decoder.
        encoder: channels of the encoder's first level; 64 is ResNet-18, with its parameters' names.
    """

    def __init__(self, width: int = 64, encoder: int = 64) -> None:
        super().__init__()
        self.encoder = _ResNet18(encoder)
        self.branches = nn.ModuleList(_Parallel(encoder * level, width) for level in _LEVELS)
        self.decoder = nn.ModuleList(
            _TwoConvs(width if i == len(_LEVELS) - 1 else 2 * width, width)
            for i in range(len(_LEVELS))
        )
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits of the region's mask."""
        mean, deviation = _imagenet(image.device, image.dtype)
        # Planes in order, as when the networks that ship were trained: another layout moves digits.
        levels = self.encoder(((image / 2 + 0.5 - mean) / deviation).contiguous())
        x = self.decoder[-1](self.branches[-1](levels[-1]))
        for i in range(len(levels) - 2, -1, -1):
            branch = self.branches[i](levels[i])
            x = F.interpolate(x, size=branch.shape[2:], mode="bilinear", align_corners=False)
            x = self.decoder[i](torch.cat([x, branch], dim=1))
        size = image.shape[2:]
        return F.interpolate(self.head(x), size=size, mode="bilinear", align_corners=False)


@functools.lru_cache(maxsize=16)
@torch.inference_mode(False)
def _imagenet(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Mean and deviation that the pretrained encoder expects, each [3,1,1]; sent to a device once."""
    mean = torch.tensor((0.485, 0.456, 0.406), device=device, dtype=dtype)
    deviation = torch.tensor((0.229, 0.224, 0.225), device=device, dtype=dtype)
    return mean.view(3, 1, 1), deviation.view(3, 1, 1)


class _ResNet18(nn.Module):
    """ResNet-18 without its classifier, at any width: [B,3,H,W] -> its four levels' features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        widths = [width * level for level in _LEVELS]
        for n, (inputs, outputs) in enumerate(zip((width, *widths), widths), start=1):
            self.add_module(f"layer{n}", _two_blocks(inputs, outputs))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        levels: list[Tensor] = []
        for n in range(1, len(_LEVELS) + 1):
            x = self.get_submodule(f"layer{n}")(x)
            levels.append(x)
        return levels


def _two_blocks(inputs: int, outputs: int) -> nn.Sequential:
    stride = 1 if inputs == outputs else 2
    shortcut = None
    if stride == 2:
        shortcut = nn.Sequential(
            StridedPointwise(inputs, outputs, stride, bias=False), nn.BatchNorm2d(outputs)
        )
    return nn.Sequential(
        BasicBlock(inputs, outputs, stride, shortcut), BasicBlock(outputs, outputs)
    )


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
