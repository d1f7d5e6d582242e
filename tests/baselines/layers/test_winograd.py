"""Convolutions by fewer products equal the plain ones."""

import pytest
import torch
from torch import nn

from baselines.layers.label_map import dense_label_maps
from baselines.layers.winograd import conv3x3, convs3x3


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return nn.Conv2d(128, 130, 3).double()


@pytest.mark.parametrize("size", [(4, 4), (6, 10), (18, 18)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_convolution_of_every_even_size(layer, size, bias):
    if not bias:
        layer.bias = None
    x = torch.randn(2, 128, *size, dtype=torch.float64)
    with torch.no_grad():
        found = conv3x3(x, layer)
        torch.testing.assert_close(found, layer(x), atol=1e-12, rtol=0)
        with dense_label_maps():
            assert torch.equal(conv3x3(x, layer), layer(x))


def test_single_precision_rounds_no_worse_than_to_six_digits(layer):
    x = torch.randn(1, 128, 18, 18, dtype=torch.float64)
    with torch.no_grad():
        exact = layer(x)
        found = conv3x3(x.float(), layer.float())
    assert (found - exact).abs().max() < 1e-6 * exact.abs().max()


def test_weights_that_change_are_seen(layer):
    x = torch.randn(1, 128, 6, 6, dtype=torch.float64)
    with torch.no_grad():
        conv3x3(x, layer)
        layer.weight.mul_(2)
        torch.testing.assert_close(conv3x3(x, layer), layer(x), atol=1e-12, rtol=0)


@pytest.mark.parametrize("size", [(5, 6), (6, 5)])
def test_odd_sizes_and_gradients_take_the_plain_convolution(layer, size):
    x = torch.randn(1, 128, *size, dtype=torch.float64)
    assert torch.equal(conv3x3(x, layer), layer(x))
    with torch.no_grad():
        assert torch.equal(conv3x3(x, layer), layer(x))


def test_a_layer_with_zeros_around_and_parallel_ones_are_the_convolutions(layer):
    padded = nn.Conv2d(128, 130, 3, padding=1).double()
    x = torch.randn(1, 128, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(conv3x3(x, padded), padded(x), atol=1e-12, rtol=0)
        for found, one in zip(convs3x3(x, [layer, layer]), [layer, layer], strict=True):
            torch.testing.assert_close(found, one(x), atol=1e-12, rtol=0)
        strided = nn.Conv2d(128, 130, 3, stride=2).double()
        assert torch.equal(conv3x3(x, strided), strided(x))
