"""Layers with equalised learning rate: unit-variance weights scaled by 1/sqrt(fan_in) when used.

The Swapping Autoencoder's encoder and discriminators are built from them; activations are
bias + LeakyReLU 0.2, times sqrt 2 (docs/protocol/generation.md, D.1).
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.blur import Blur
from baselines.layers.pointwise import compilable
from baselines.layers.strided_pointwise import strided_pointwise

__all__ = ["Activation", "ConvLayer", "EqualisedConv", "EqualisedLinear", "ResBlock"]


class Activation(nn.Module):
    """Bias, LeakyReLU 0.2, times sqrt 2, over channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,...] -> the same shape."""
        return _activated(x, self.bias.view(1, -1, *([1] * (x.dim() - 2))))


@compilable
def _activated(x: Tensor, bias: Tensor) -> Tensor:
    return F.leaky_relu(x + bias, 0.2) * math.sqrt(2)


class EqualisedConv(nn.Module):
    """A convolution whose weight is scaled by 1/sqrt(fan_in)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        bias: bool = False,
        pad: int = 0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / math.sqrt(inputs * kernel**2)
        self.stride = stride
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,H,W], with `pad` zeros around it."""
        weight = self.weight * self.scale
        if weight.shape[2] == 1 and self.stride > 1 and not self.pad:
            return strided_pointwise(x, weight, self.bias, self.stride)
        return F.conv2d(x, weight, self.bias, self.stride, self.pad)


class EqualisedLinear(nn.Module):
    """A linear layer whose weight is scaled by 1/sqrt(fan_in), over the last axis.

    Args:
        inputs, outputs: lengths.
        bias: its initial value.
        active: follow with LeakyReLU 0.2, times sqrt 2.
        rate: the share of the learning rate that reaches it: weight and bias are kept 1/rate as
            large as they are used.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        bias: float = 0.0,
        active: bool = False,
        rate: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.rate = rate
        self.scale = rate / math.sqrt(inputs)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """[...,inputs] -> [...,outputs]."""
        bias = self.bias if self.rate == 1.0 else self.bias * self.rate
        x = F.linear(x, self.weight * self.scale, bias)
        return F.leaky_relu(x, 0.2) * math.sqrt(2) if self.active else x


class ConvLayer(nn.Module):
    """Padding or blur, equalised convolution, activation: [B,inputs,H,W].

    Args:
        inputs, outputs: channels.
        kernel: side of the convolution's kernel.
        blur: what comes before a strided convolution; the stride is 2 where it is given.
        pad: padding of an unstrided convolution.
        mode: what that padding holds.
        active: False = no bias, no activation.
        bias: a bias of the convolution itself, where there is no activation.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        blur: Blur | None = None,
        pad: int = 0,
        mode: Literal["constant", "reflect"] = "constant",
        active: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.pad, self.mode = pad, mode
        if blur is not None:
            self.Blur = blur
        stride = 1 if blur is None else 2
        self.Conv = EqualisedConv(inputs, outputs, kernel, stride=stride, bias=bias)
        if active:
            self.Act = Activation(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output."""
        if self.pad:
            x = F.pad(x, (self.pad,) * 4, mode=self.mode)
        for layer in self.children():
            x = layer(x)
        return x


class ResBlock(nn.Module):
    """Two 3x3 layers and a 1x1 skip, (skip + residual) / sqrt 2: [B,inputs,H,W].

    Args:
        inputs, outputs: channels.
        taps: blur kernel before the strided layers.
        mode: padding of the two 3x3 layers and of the blur before the second.
        down: False = keep the size (no blur, no stride).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        taps: tuple[int, ...] = (1, 2, 1),
        *,
        mode: Literal["constant", "reflect"] = "constant",
        down: bool = True,
    ) -> None:
        super().__init__()
        self.conv1 = ConvLayer(inputs, inputs, 3, pad=1, mode=mode)
        if down:
            wide, narrow = _pads(len(taps), 3), _pads(len(taps), 1)
            self.conv2 = ConvLayer(inputs, outputs, 3, blur=Blur(taps, wide, mode=mode))
            self.skip = ConvLayer(inputs, outputs, 1, blur=Blur(taps, narrow), active=False)
        else:
            self.conv2 = ConvLayer(inputs, outputs, 3, pad=1, mode=mode)
            self.skip = ConvLayer(inputs, outputs, 1, active=False)

    def forward(self, x: Tensor) -> Tensor:
        """Half the size where the block goes down."""
        joined: Tensor = (self.skip(x) + self.conv2(self.conv1(x))) / math.sqrt(2)
        return joined


def _pads(taps: int, kernel: int) -> tuple[int, int]:
    """Padding that makes blur and strided convolution halve an even size exactly."""
    total = taps - 2 + kernel - 1
    return (total + 1) // 2, total // 2
