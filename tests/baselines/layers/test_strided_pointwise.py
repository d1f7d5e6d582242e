"""1x1 convolutions that leave pixels out, on maps with few channels."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baselines.layers.equalised import EqualisedConv
from baselines.layers.strided_pointwise import StridedPointwise


@pytest.mark.parametrize(("channels", "side"), [(8, 64), (12, 64), (12, 128), (3, 33)])
def test_outputs_and_gradients_are_those_of_the_strided_convolution(channels, side):
    torch.manual_seed(0)
    layer = StridedPointwise(channels, 16, 2).to(memory_format=torch.channels_last)
    x = torch.randn(2, channels, side, side).to(memory_format=torch.channels_last).requires_grad_()
    out = layer(x)
    out.square().sum().backward()
    given = [value.detach().double().requires_grad_() for value in (x, layer.weight, layer.bias)]
    expected = F.conv2d(*given, stride=2)
    expected.square().sum().backward()
    assert out.shape == expected.shape
    torch.testing.assert_close(out.double(), expected, atol=1e-5, rtol=1e-5)
    for found, wanted in zip((x, layer.weight, layer.bias), given, strict=True):
        torch.testing.assert_close(found.grad.double(), wanted.grad, atol=1e-3, rtol=1e-4)


def test_an_equalised_shortcut_does_the_same():
    torch.manual_seed(0)
    layer = EqualisedConv(12, 16, 1, stride=2).to(memory_format=torch.channels_last)
    x = torch.randn(2, 12, 64, 64).to(memory_format=torch.channels_last).requires_grad_()
    layer(x).square().sum().backward()
    weight = layer.weight.detach().double() * layer.scale
    wide = x.detach().double().requires_grad_()
    F.conv2d(wide, weight, stride=2).square().sum().backward()
    torch.testing.assert_close(x.grad.double(), wide.grad, atol=1e-3, rtol=1e-4)
