"""A label map's first convolution equals the dense one, table or not."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap, dense_label_maps, label_maps_as
from baselines.layers.wide_label_conv import (
    halve_labels,
    looked_up_conv,
    reflected_conv,
    strided_conv,
)


@pytest.fixture
def labels():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randint(-1, 4, (2, 4, 3), generator=generator)
    map = coarse.repeat_interleave(9, 1).repeat_interleave(14, 2)[:, :34, :40]
    map[0, 5, 7] = 2
    return SymbolMap.of_labels(map, 4, torch.float64, [map == 1])


@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("beside", [True, False])
def test_the_table_is_the_convolution_with_reflection(labels, size, beside):
    torch.manual_seed(0)
    layer = nn.Conv2d(5 + 2 * beside, 6, size, bias=beside).double()
    features = torch.randn(2, 2, 34, 40).double() if beside else None
    whole = labels.dense() if features is None else torch.cat([labels.dense(), features], dim=1)
    expected = layer(F.pad(whole, (size // 2,) * 4, mode="reflect")).detach()
    with torch.no_grad():
        assert labels.tabulated
        found = reflected_conv(labels, layer, features)
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
        with dense_label_maps():
            torch.testing.assert_close(reflected_conv(labels, layer, features), expected)


def test_halving_is_the_average_pool_that_counts_no_padding(labels):
    halved = halve_labels(labels)
    expected = F.avg_pool2d(labels.dense(), 3, 2, 1, count_include_pad=False)
    torch.testing.assert_close(halved.dense(), expected, atol=1e-15, rtol=0)
    again = F.avg_pool2d(expected[:, :, :, :20], 3, 2, 1, count_include_pad=False)
    torch.testing.assert_close(halve_labels(halved).dense(), again[:, :, :9], atol=1e-15, rtol=0)
    with label_maps_as("lookups"):
        torch.testing.assert_close(halve_labels(labels).dense(), expected, atol=1e-15, rtol=0)


@pytest.mark.parametrize(("size", "stride"), [(7, 2), (3, 1), (5, 3)])
def test_the_table_is_the_strided_convolution_with_zeros_around(labels, size, stride):
    torch.manual_seed(0)
    layer = nn.Conv2d(5, 6, size, stride, size // 2).double()
    expected = layer(labels.dense()).detach()
    with torch.no_grad():
        found = strided_conv(labels, layer)
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
        with dense_label_maps():
            torch.testing.assert_close(strided_conv(labels, layer), expected)


@pytest.mark.parametrize("size", [5, 7])
def test_a_part_of_a_weight_is_looked_up_with_zeros_around(labels, size):
    torch.manual_seed(0)
    weight = torch.randn(6, 5, size, size, dtype=torch.float64)
    expected = F.conv2d(labels.dense(), weight, padding=size // 2)
    with torch.no_grad():
        torch.testing.assert_close(looked_up_conv(labels, weight), expected, atol=1e-12, rtol=0)
