"""The convolution of a label map: tables and look-ups give what the dense convolutions give."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from baselines.layers.label_conv import lookup_conv, table_conv, two_layer_conv
from baselines.layers.label_map import SymbolMap, dense_label_maps, label_maps_as
from tests.baselines.layers.test_label_map import patches


def layers(inputs: int, dtype: torch.dtype = torch.float64) -> tuple[nn.Conv2d, list[nn.Conv2d]]:
    torch.manual_seed(0)
    first = nn.Conv2d(inputs, 12, 3, padding=1, dtype=dtype)
    return first, [
        nn.Conv2d(12, 7, 3, padding=1, dtype=dtype),
        nn.Conv2d(12, 5, 3, padding=1, bias=False, dtype=dtype),
    ]


@pytest.mark.parametrize("size", [(64, 48), (33, 70), (8, 8), (2, 40), (1, 1), (1, 9)])
def test_tables_give_what_the_dense_convolutions_give(size):
    labels = SymbolMap.of_labels(patches(1, 6, size), 6, torch.float64)
    first, second = layers(6)
    expected = [layer(F.relu(first(labels.dense()))) for layer in second]
    with torch.no_grad():
        found = two_layer_conv(labels, first, second)
    for one, two in zip(found, expected):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(64, 48), (33, 70), (2, 40), (1, 1), (1, 9)])
def test_look_ups_at_every_pixel_give_what_the_dense_convolutions_give(size):
    labels = SymbolMap.of_labels(patches(1, 6, size), 6, torch.float64)
    first, second = layers(6)
    expected = [layer(F.relu(first(labels.dense()))) for layer in second]
    with torch.no_grad(), label_maps_as("lookups"):
        found = two_layer_conv(labels, first, second)
    for one, two in zip(found, expected):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_other_columns_of_a_map_are_looked_up_in_the_same_places():
    labels = SymbolMap.of_labels(patches(1, 6, (40, 24)), 6, torch.float32)
    columns = torch.randn(7, 3)
    layer = nn.Conv2d(3, 4, 3, padding=1)
    with torch.no_grad():
        expected = lookup_conv(SymbolMap(labels.symbols, columns), layer.weight, layer.bias)
        found = lookup_conv(labels.recoloured(columns), layer.weight, layer.bias)
    assert torch.equal(found, expected)
    assert labels.recoloured(columns).windows is labels.windows


def test_maps_beside_each_other_are_looked_up_together_at_every_size():
    styles = SymbolMap(patches(5, 4, (40, 24)) + 1, torch.randn(5, 3, dtype=torch.float64))
    labels = SymbolMap.of_labels(patches(1, 6, (40, 24)), 6, torch.float64)
    both = SymbolMap(styles.symbols, styles.columns, labels)
    layer = nn.Conv2d(9, 4, 3, padding=1, dtype=torch.float64)
    for size in ((40, 24), (10, 6)):
        parts = [part.resize(size).dense() for part in (styles, labels)]
        here = both.resize(size)
        with torch.no_grad():
            expected = layer(torch.cat(parts, dim=1))
            torch.testing.assert_close(layer(here.dense()), expected, rtol=0, atol=1e-12)
            found = lookup_conv(here, layer.weight, layer.bias)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_noise_has_no_repetition_and_still_gives_the_dense_result():
    noise = torch.randint(0, 9, (1, 64, 64), generator=torch.Generator().manual_seed(3))
    labels = SymbolMap.of_labels(noise, 9, torch.float64)
    first, second = layers(9)
    assert not labels.repetitive
    with torch.no_grad():
        found = two_layer_conv(labels, first, second)
        expected = [layer(F.relu(first(labels.dense()))) for layer in second]
    for one, two in zip(found, expected):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_columns_may_be_dense_vectors():
    symbols = patches(5, 4, (40, 40)) + 1
    columns = torch.randn(5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    labels = SymbolMap(symbols, columns)
    first, second = layers(6)
    with torch.no_grad():
        found = two_layer_conv(labels, first, second)
        expected = [layer(F.relu(first(columns[symbols].permute(0, 3, 1, 2)))) for layer in second]
    for one, two in zip(found, expected):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_gradients_reach_every_layer_and_the_columns():
    columns = torch.randn(4, 3, requires_grad=True)
    labels = SymbolMap(patches(2, 3, (32, 32)) + 1, columns)
    first, second = layers(3, torch.float32)
    sum(found.square().sum() for found in two_layer_conv(labels, first, second)).backward()
    for tensor in (columns, first.weight, *(layer.weight for layer in second)):
        assert tensor.grad is not None
        assert tensor.grad.abs().sum() > 0


def test_a_table_convolution_counts_the_outside_as_zero():
    weight = torch.arange(9.0).reshape(1, 1, 3, 3)
    found = table_conv(torch.tensor([[10.0]]), weight, torch.tensor([[1, 1, 1, 1, 0, 0, 1, 0, 0]]))
    assert found.item() == 10 * (4 + 5 + 7 + 8)


def test_tables_leave_out_most_of_the_dense_multiply_adds():
    first, second = nn.Conv2d(5, 6, 3, padding=1), nn.Conv2d(6, 7, 3, padding=1)
    labels = torch.zeros(1, 64, 64, dtype=torch.long)
    labels[:, 32:] = 3

    def multiply_adds():
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            two_layer_conv(SymbolMap.of_labels(labels, 5, torch.float32), first, [second])
        return counter.get_total_flops() // 2

    with dense_label_maps():
        dense = multiply_adds()
    assert dense == 64 * 64 * 9 * (5 * 6 + 6 * 7)
    assert 0 < multiply_adds() < dense / 50
