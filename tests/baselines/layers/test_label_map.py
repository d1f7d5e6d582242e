"""Label maps as symbols: their columns, their neighbourhoods, and how layers read them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap, dense_label_maps, encode
from baselines.layers.neighbourhoods import Neighbourhoods, identify, resize_nearest


def patches(seed: int, classes: int, size: tuple[int, int], batch: int = 2) -> Tensor:
    """Label maps of coarse random patches, like regions of an image."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(-1, classes, (batch, 5, 4), generator=generator)
    return resize_nearest(coarse + 1, size) - 1


def test_only_a_cpu_looks_neighbourhoods_up_in_tables():
    labels = SymbolMap.of_labels(patches(1, 6, (64, 48)), 6, torch.float32)
    elsewhere = SymbolMap(labels.symbols.to("meta"), labels.columns.to("meta"))
    with torch.no_grad():
        assert labels.form == "tables"
        assert elsewhere.form == "lookups"
        with dense_label_maps():
            assert labels.form == elsewhere.form == "dense"
    assert labels.form == elsewhere.form == "dense"


def test_resizing_takes_the_pixels_that_interpolate_takes():
    symbols = torch.arange(12 * 20).reshape(1, 12, 20)
    for size in [(6, 10), (4, 5), (3, 7), (24, 40), (5, 9)]:
        expected = F.interpolate(symbols[:, None].double(), size=size, mode="nearest")[:, 0]
        assert torch.equal(resize_nearest(symbols, size).double(), expected)


def test_bools_stay_bools_at_another_size():
    mask = torch.tensor([[[True, False], [False, True]]])
    assert resize_nearest(mask, (1, 1)).tolist() == [[[True]]]
    assert resize_nearest(mask, (3, 3)).dtype == torch.bool


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


def test_modulation_in_blocks_equals_the_formula():
    labels = SymbolMap.of_labels(patches(8, 3, (80, 72)), 3, torch.float64)
    x = torch.randn(2, 4, 80, 72, dtype=torch.float64)
    gain, bias = torch.randn(2, labels.far.count, 4, dtype=torch.float64)
    found = labels.far.modulate(x, gain, bias)
    expected = x * labels.far.spread(gain) + labels.far.spread(bias)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_dense_label_maps_end_with_their_block():
    labels = SymbolMap.of_labels(torch.zeros(1, 64, 64, dtype=torch.long), 2, torch.float32)
    with torch.no_grad():
        with dense_label_maps():
            assert not labels.tabulated
        assert labels.tabulated
