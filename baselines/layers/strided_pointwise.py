"""1x1 convolutions that leave pixels out, as the shortcuts of blocks that halve a map.

On a CPU the pixels are picked first. The backward of oneDNN's strided 1x1 convolution (torch 2.14) writes
beside its memory for channels-last maps with few channels: 8 or 12 at 64 pixels end the process, 16 do
not. The sums are the same, to the last bit of the forward.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["StridedPointwise", "strided_pointwise"]


def strided_pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int) -> Tensor:
    """The 1x1 convolution of every `stride`-th pixel.

    Args:
        x: [B,C,H,W]. weight: [D,C,1,1]. bias: [D].

    Returns:
        [B,D,ceil(H/stride),ceil(W/stride)].
    """
    if x.device.type == "cpu":
        return F.conv2d(x[..., ::stride, ::stride], weight, bias)
    return F.conv2d(x, weight, bias, stride)


class StridedPointwise(nn.Conv2d):
    """A 1x1 convolution of every `stride`-th pixel, with the parameters of any other convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 1, stride, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,H,W] to [B,outputs,ceil(H/stride),ceil(W/stride)]."""
        return strided_pointwise(x, self.weight, self.bias, self.stride[0])
