"""The discriminator of images with their segmentation (docs/protocol/rivals.md, C.4)."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from baselines.layers.blur import Blur
from baselines.layers.equalised import Activation, EqualisedConv, EqualisedLinear
from baselines.semanticstylegan.config import level_width

__all__ = ["SegmentationDiscriminator", "with_deviation"]

_TAPS = (1, 3, 3, 1)
_SMALLEST = 4
_GROUP = 4


class SegmentationDiscriminator(nn.Module):
    """Two residual stacks, of the image and of its segmentation, added at 4x4.

    Args:
        size: side of both in pixels, a power of two.
        seg_dim: channels of the segmentation.
        channel_multiplier, width: of the layers, as the generator's.
    """

    def __init__(
        self, size: int, seg_dim: int, *, channel_multiplier: float = 2, width: int = 512
    ) -> None:
        super().__init__()
        sides = [2**k for k in range(size.bit_length() - 1, 1, -1)]
        widths = [level_width(side, width, channel_multiplier) for side in sides]
        self.convs_img = _stack(3, widths)
        self.convs_seg = _stack(seg_dim, widths)
        last = widths[-1]
        self.final_conv = _layer(last + 1, last, 3, pad=1)
        self.final_linear = nn.Sequential(
            EqualisedLinear(last * _SMALLEST**2, last, active=True), EqualisedLinear(last, 1)
        )

    def forward(
        self, image: Tensor, segmentation: Tensor | None = None, *, parts: int = 1
    ) -> Tensor:
        """Scores [B,1]; the argument of the softplus loss.

        Args:
            image: [B,3,S,S].
            segmentation: [B,K,S,S], a real one as one-hot * 2 - 1; without one the image's stack
                judges alone.
            parts: equal parts of the batch, such as its real and its fake images, of which each is
                judged as a batch of its own: images of two never stand in one group.
        """
        x: Tensor = self.convs_img(image)
        if segmentation is not None:
            x = x + self.convs_seg(segmentation)
        x = self.final_conv(torch.cat([with_deviation(part) for part in x.chunk(parts)]))
        scores: Tensor = self.final_linear(x.flatten(1))
        return scores


def with_deviation(x: Tensor) -> Tensor:
    """[B,C,H,W] -> [B,C+1,H,W]: how much groups of images differ, in a channel of its own.

    Image i stands in a group with every (B/g)th of the batch, g = 4 or the batch's size; where g
    does not divide the batch, the next smaller number that does.
    """
    batch = len(x)
    group = min(_GROUP, batch)
    while batch % group:
        group -= 1
    grouped = torch.unflatten(x, 0, (group, batch // group))
    deviation = (grouped.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    channel = deviation.repeat(group).view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])
    return torch.cat([x, channel], dim=1)


def _stack(inputs: int, widths: list[int]) -> nn.Sequential:
    blocks = (_ResBlock(one, other) for one, other in itertools.pairwise(widths))
    return nn.Sequential(_layer(inputs, widths[0], 1), *blocks)


def _layer(inputs: int, outputs: int, kernel: int, *, pad: int = 0) -> nn.Sequential:
    return nn.Sequential(EqualisedConv(inputs, outputs, kernel, pad=pad), Activation(outputs))


class _ResBlock(nn.Module):
    """Half the size: (two 3x3 layers + a 1x1 skip) / sqrt 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _layer(inputs, inputs, 3, pad=1)
        self.conv2 = nn.Sequential(
            Blur(_TAPS, (2, 2)), EqualisedConv(inputs, outputs, 3, stride=2), Activation(outputs)
        )
        self.skip = nn.Sequential(Blur(_TAPS, (1, 1)), EqualisedConv(inputs, outputs, 1, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        joined: Tensor = (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)
        return joined
