"""Label maps as symbols: the table look-up equals the dense convolutions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from baselines.layers.label_map import (
    SymbolMap,
    dense_label_maps,
    encode,
    label_maps_as,
    lookup_conv,
    table_conv,
    two_layer_conv,
)
from baselines.layers.neighbourhoods import Neighbourhoods, identify, resize_nearest


def patches(seed: int, classes: int, size: tuple[int, int], batch: int = 2) -> Tensor:
    """Label maps of coarse random patches, like regions of an image."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(-1, classes, (batch, 5, 4), generator=generator)
    return resize_nearest(coarse + 1, size) - 1


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


def test_only_a_cpu_looks_neighbourhoods_up_in_tables():
    labels = SymbolMap.of_labels(patches(1, 6, (64, 48)), 6, torch.float32)
    elsewhere = SymbolMap(labels.symbols.to("meta"), labels.columns.to("meta"))
    with torch.no_grad():
        assert labels.form == "tables"
        assert elsewhere.form == "lookups"
        with dense_label_maps():
            assert labels.form == elsewhere.form == "dense"
    assert labels.form == elsewhere.form == "dense"


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


def test_resizing_takes_the_pixels_that_interpolate_takes():
    symbols = torch.arange(12 * 20).reshape(1, 12, 20)
    for size in [(6, 10), (4, 5), (3, 7), (24, 40), (5, 9)]:
        expected = F.interpolate(symbols[:, None].double(), size=size, mode="nearest")[:, 0]
        assert torch.equal(resize_nearest(symbols, size).double(), expected)


def test_void_is_zero_in_every_channel():
    labels = SymbolMap.of_labels(torch.tensor([[[0, -1], [2, 1]]]), 3, torch.float32)
    expected = [[[1, 0], [0, 0]], [[0, 0], [0, 1]], [[0, 0], [1, 0]]]
    assert labels.dense()[0].tolist() == expected


def test_bits_follow_the_classes_in_their_order():
    labels = torch.tensor([[[0, 1, -1]]])
    edge = torch.tensor([[[True, False, True]]])
    mask = torch.tensor([[[False, True, True]]])
    found = SymbolMap.of_labels(labels, 2, torch.float32, [edge, mask]).dense()
    assert found[0, :, 0].t().tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]]


def test_encoding_names_each_distinct_column_once():
    planes = [torch.tensor([[[5, 5, 2, 2]]]), torch.tensor([[[0, 1, 0, 0]]])]
    symbols, columns = encode(planes)
    assert columns.shape == (3, 2)
    assert columns[symbols].squeeze().tolist() == [[5, 0], [5, 1], [2, 0], [2, 0]]


def test_identifying_stays_exact_where_a_single_key_would_overflow():
    generator = torch.Generator().manual_seed(0)
    planes = list(torch.randint(0, 2**40, (4, 50), generator=generator).repeat(1, 3))
    ids, first = identify(planes)
    assert len(first) == 50
    for plane in planes:
        assert torch.equal(plane[first][ids], plane)


def test_a_neighbourhood_lists_its_values_in_reading_order_with_the_outside_marked():
    found = Neighbourhoods.of(torch.tensor([[[0, 1], [2, 3]]]), 4)
    top_left = found.neighbours[found.ids[0, 0, 0]]
    assert top_left.tolist() == [4, 4, 4, 4, 0, 1, 4, 2, 3]


def test_a_table_convolution_counts_the_outside_as_zero():
    weight = torch.arange(9.0).reshape(1, 1, 3, 3)
    found = table_conv(torch.tensor([[10.0]]), weight, torch.tensor([[1, 1, 1, 1, 0, 0, 1, 0, 0]]))
    assert found.item() == 10 * (4 + 5 + 7 + 8)


def test_modulation_in_blocks_equals_the_formula():
    labels = SymbolMap.of_labels(patches(8, 3, (80, 72)), 3, torch.float64)
    x = torch.randn(2, 4, 80, 72, dtype=torch.float64)
    gain, bias = torch.randn(2, labels.far.count, 4, dtype=torch.float64)
    found = labels.far.modulate(x, gain, bias)
    expected = x * labels.far.spread(gain) + labels.far.spread(bias)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


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


def test_dense_label_maps_end_with_their_block():
    labels = SymbolMap.of_labels(torch.zeros(1, 64, 64, dtype=torch.long), 2, torch.float32)
    with torch.no_grad():
        with dense_label_maps():
            assert not labels.tabulated
        assert labels.tabulated
