"""Gated convolutions, and the plain ones around them: the layers of SIEDOB's generators.

All as in docs/protocol/rivals.md, A.1. A convolution has a bias exactly where an instance norm follows,
or where it is part of a gated pair.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.instance_norm import exact_instance_norm, instance_norm
from baselines.layers.pointwise import compilable, rectify
from baselines.layers.spectral import spectral
from baselines.layers.winograd import convs3x3

__all__ = ["ConvBlock", "GatedConv", "UpGatedConv", "double_bilinear"]

Padding = Literal["constant", "reflect"]


class ConvBlock(nn.Module):
    """Padding, convolution, instance norm (if asked), LeakyReLU 0.2 (if asked).

    Args:
        inputs, outputs: channels.
        kernel, stride, pad: of the convolution.
        normed: with an instance norm, and then with a bias.
        active: with the activation.
        mode: what the padding holds.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        pad: int = 0,
        normed: bool = False,
        active: bool = True,
        mode: Padding = "constant",
    ) -> None:
        super().__init__()
        inside = pad if mode == "constant" else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, inside, bias=normed)
        self.reflected = pad - inside
        self.normed, self.active = normed, active

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,H,W] -> [B,outputs,H',W']."""
        if self.reflected:
            x = F.pad(x, (self.reflected,) * 4, mode="reflect")
        x = self.conv(x)
        if self.normed:
            x = exact_instance_norm(x)
        return rectify(x) if self.active else x


class GatedConv(nn.Module):
    """lrelu(norm(conv(x))) * sigmoid(conv'(x)), both convolutions 3x3 with bias on one padded map.

    Args:
        inputs, outputs: channels.
        stride: of both convolutions.
        mode: what the padding of 1 holds; published: "reflect", inside `UpGatedConv` "constant".
        spectral_norm: normalise both weights, in training form.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int = 1,
        *,
        mode: Padding = "reflect",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        self.mode = mode

        def conv() -> nn.Conv2d:
            inside = int(mode == "constant")
            return spectral(nn.Conv2d(inputs, outputs, 3, stride, inside), spectral_norm)

        self.conv2d = conv()
        self.mask_conv2d = conv()

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,H,W] -> [B,outputs,H/stride,W/stride]."""
        if self.mode == "reflect":
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        pair = [self.conv2d, self.mask_conv2d]
        features, gate = _products(x, pair) if _few(x, self.conv2d) else convs3x3(x, pair)
        return _gated(instance_norm(features), gate)


_FEW = 64
"""Pixels of a map whose convolution is a matrix product."""


def _few(x: Tensor, layer: nn.Conv2d) -> bool:
    """Whether a layer's convolution of `x` is better written as a matrix product.

    On maps of few pixels a CPU spends its time on reordering the weights for its convolution. A
    weight that a spectral norm makes in the layer's forward is left to it.
    """
    height, width = _sides(x, layer)
    plain = isinstance(layer.weight, nn.Parameter) and not torch.is_grad_enabled()
    return height * width <= _FEW and x.device.type == "cpu" and plain


def _sides(x: Tensor, layer: nn.Conv2d) -> tuple[int, int]:
    around = 2 * int(layer.padding[0]) - 3
    height, width = ((side + around) // layer.stride[0] + 1 for side in x.shape[-2:])
    return height, width


def _products(x: Tensor, layers: list[nn.Conv2d]) -> list[Tensor]:
    """Parallel 3x3 convolutions of one map, each a matrix product of its windows."""
    (height, width), stride, pad = _sides(x, layers[0]), layers[0].stride[0], layers[0].padding[0]
    padded = F.pad(x, (int(pad),) * 4).permute(0, 2, 3, 1)
    windows = padded.unfold(1, 3, stride).unfold(2, 3, stride)
    rows = windows.permute(0, 1, 2, 4, 5, 3).reshape(-1, 9 * x.shape[1])
    found = []
    for layer in layers:
        weight = layer.weight.permute(0, 2, 3, 1).reshape(layer.out_channels, -1)
        out = F.linear(rows, weight, layer.bias).view(-1, height, width, layer.out_channels)
        found.append(out.permute(0, 3, 1, 2))
    return found


@compilable
def _gated(normal: Tensor, gate: Tensor) -> Tensor:
    if torch.is_grad_enabled():
        return F.leaky_relu(normal, 0.2) * torch.sigmoid(gate)
    return rectify(normal).mul_(gate.sigmoid_())


class UpGatedConv(nn.Module):
    """Bilinear x2, the skip connection after it, then a gated convolution with zero padding.

    Args:
        inputs: channels of the feature from below and of the skip together.
        outputs: channels.
        spectral_norm: training form of both weights.
    """

    def __init__(self, inputs: int, outputs: int, *, spectral_norm: bool) -> None:
        super().__init__()
        self.gated_conv2d = GatedConv(inputs, outputs, mode="constant", spectral_norm=spectral_norm)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """[B,c,H,W] and a skip [B,s,2H,2W] or None -> [B,outputs,2H,2W]."""
        x = double_bilinear(x)
        if skip is not None:
            x = torch.cat([x, skip], dim=1)
        out: Tensor = self.gated_conv2d(x)
        return out


def double_bilinear(x: Tensor) -> Tensor:
    """[B,C,H,W] -> [B,C,2H,2W]."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
