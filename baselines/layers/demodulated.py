"""StyleGAN2's convolutions: the style scales the weight, which is then normalised.

The Swapping Autoencoder's form is another one (`baselines.layers.modulated_conv`). Facts:
docs/protocol/rivals.md, C.1. The activation's factor sqrt 2 is taken into weight, bias and noise,
because LeakyReLU passes positive factors through.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.blur import Blur
from baselines.layers.equalised import Activation, EqualisedLinear

__all__ = ["FixedConv", "StyledPixels", "ToMap", "UP_TAPS"]

UP_TAPS = (1, 3, 3, 1)
"""The kernel of everything that enlarges; it sums to 4."""

_GAIN = math.sqrt(2)


class StyledPixels(nn.Module):
    """A styled 1x1 convolution, demodulated, bias, LeakyReLU times sqrt 2.

    It works on pixels in rows, [B,N,inputs], so that a map of N pixels is one matrix product.

    Args:
        inputs, outputs: channels.
        style: length of the style.
    """

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.conv = _StyledWeight(inputs, outputs, style)
        self.activate = Activation(outputs)

    def forward(self, pixels: Tensor, style: Tensor) -> Tensor:
        """[B,N,inputs] (or [1,N,inputs] for all images) and [B,style] -> [B,N,outputs]."""
        weight = self.conv(style) * _GAIN
        bias = self.activate.bias * _GAIN
        rows = pixels.expand(len(weight), -1, -1)
        return F.leaky_relu_(torch.baddbmm(bias, rows, weight.transpose(1, 2)), 0.2)


class _StyledWeight(nn.Module):
    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, 1, 1))
        self.modulation = EqualisedLinear(style, inputs, bias=1.0)
        self.scale = 1 / math.sqrt(inputs)

    def forward(self, style: Tensor) -> Tensor:
        """[B,style] -> each image's weight [B,outputs,inputs]."""
        scales: Tensor = self.modulation(style)
        weight = self.weight[..., 0, 0] * (self.scale * scales).unsqueeze(1)
        return weight * torch.rsqrt(weight.square().sum(2, keepdim=True) + 1e-8)


class FixedConv(nn.Module):
    """The styled convolution with a learned vector in the style's place, noise, activation.

    Args:
        inputs, outputs: channels.
        up: double the size (stride-2 transposed convolution, then a blur that sums to 4).
    """

    def __init__(self, inputs: int, outputs: int, *, up: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.modulation = nn.Parameter(torch.ones(1, inputs, 1, 1))
        self.scale = 1 / math.sqrt(inputs * 9)
        if up:
            self.blur = Blur(UP_TAPS, (1, 1), gain=4.0)
        self.up = up
        self._known: tuple[object, Tensor] | None = None
        self.noise = _NoiseWeight()
        self.activate = Activation(outputs)

    def kernel(self) -> Tensor:
        """The weight as it is convolved with, [outputs,inputs,3,3]; no style changes it.

        It is computed once for weights that do not train.
        """
        # Also without gradients: a fused optimiser leaves no trace of its steps in the versions.
        if self.weight.requires_grad or self.modulation.requires_grad:
            return self._computed()
        state = (_state(self.weight), _state(self.modulation))
        if self._known is None or self._known[0] != state:
            # Kept for passes with gradients too, where tensors of the inference mode are no use.
            with torch.inference_mode(False), torch.no_grad():
                self._known = (state, self._computed())
        return self._known[1]

    def _computed(self) -> Tensor:
        weight = self.weight * (self.scale * self.modulation)
        weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        return (weight * _GAIN).contiguous(memory_format=torch.channels_last)

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """The layer's output.

        Args:
            x: [B,inputs,H,W].
            noise: [B or 1,1,H',W'] of the output's size.
        """
        kernel = self.kernel()
        bias = self.activate.bias * _GAIN
        if self.up:
            x = self.blur(F.conv_transpose2d(x, kernel.transpose(0, 1), stride=2), bias)
        else:
            x = F.conv2d(x, kernel, bias, padding=1)
        # In place: what comes after needs neither the plain nor the noisy map.
        return F.leaky_relu_(x.add_(noise * (self.noise.weight * _GAIN)), 0.2)


def _state(parameter: Tensor) -> tuple[object, ...]:
    """What changes when a parameter is moved, replaced or trained."""
    version = 0 if parameter.is_inference() else parameter._version
    return parameter.data_ptr(), version, parameter.dtype


class _NoiseWeight(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class ToMap(nn.Module):
    """1x1 convolution by a learned vector's scales, not demodulated, and a bias: features to a map.

    Args:
        inputs, outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        # In every published state dict, also where no smaller map comes in.
        self.upsample = Blur(UP_TAPS, (2, 1), gain=4.0)
        self.conv = _FixedWeight(inputs, outputs)

    def matrix(self) -> Tensor:
        """The weight as it is multiplied with, [outputs,inputs]."""
        matrix: Tensor = self.conv()
        return matrix

    def pixels(self, x: Tensor) -> Tensor:
        """[B,N,inputs], pixels in rows -> [B,N,outputs]."""
        return F.linear(x, self.matrix(), self.bias.flatten())


class _FixedWeight(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.modulation = nn.Parameter(torch.ones(1, inputs, 1, 1))
        self.scale = 1 / math.sqrt(inputs)

    def forward(self) -> Tensor:
        return (self.weight * (self.scale * self.modulation))[..., 0, 0]
