"""Costs are counted as the field counts them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from baselines.costs import count_costs, count_multiply_adds
from baselines.layers.label_map import SymbolMap, dense_label_maps, two_layer_conv
from baselines.spade import SPADEConfig, SPADEGenerator


def test_a_convolution_costs_its_kernel_at_every_pixel():
    conv = nn.Conv2d(3, 8, 3, padding=1)
    x = torch.zeros(2, 3, 10, 12)
    assert count_multiply_adds(lambda: conv(x)) == 2 * 10 * 12 * 8 * 3 * 9


def test_a_label_map_is_counted_dense_and_as_carried_out():
    first, second = nn.Conv2d(5, 6, 3, padding=1), nn.Conv2d(6, 7, 3, padding=1)
    labels = torch.zeros(1, 64, 64, dtype=torch.long)
    labels[:, 32:] = 3

    def call():
        return two_layer_conv(SymbolMap.of_labels(labels, 5, torch.float32), first, [second])

    costs = count_costs(nn.ModuleList([first, second]), call)
    assert costs.parameters == 5 * 6 * 9 + 6 + 6 * 7 * 9 + 7
    assert costs.dense_multiply_adds == 64 * 64 * 9 * (5 * 6 + 6 * 7)
    assert costs.multiply_adds < costs.dense_multiply_adds / 50


def test_dense_label_maps_end_with_their_block():
    labels = SymbolMap.of_labels(torch.zeros(1, 64, 64, dtype=torch.long), 2, torch.float32)
    with torch.no_grad():
        with dense_label_maps():
            assert not labels.tabulated
        assert labels.tabulated


@pytest.mark.slow
def test_spade_at_256_costs_what_its_layers_add_up_to():
    """SPADE for ADE20K, counted from the layer table (protocol/generation.md, B.1)."""
    config = SPADEConfig(classes=150, dont_care=True)
    with torch.device("meta"):
        network = SPADEGenerator(config, spectral_norm=False).eval()
        labels = torch.zeros(1, 256, 256, dtype=torch.long)

    def call():
        columns = torch.zeros(152, 151, device="meta")
        return network(SymbolMap(labels, columns))

    with dense_label_maps():
        found = count_multiply_adds(call)
    blocks = [(8, 1024, 1024), (16, 1024, 1024), (16, 1024, 1024), (32, 1024, 512)]
    blocks += [(64, 512, 256), (128, 256, 128), (256, 128, 64)]
    expected = 8 * 8 * 9 * 151 * 1024 + 256 * 256 * 9 * 64 * 3
    for side, inputs, outputs in blocks:
        middle = min(inputs, outputs)
        norms = [inputs, middle] + ([inputs] if inputs != outputs else [])
        convs = 9 * (inputs * middle + middle * outputs)
        convs += inputs * outputs if inputs != outputs else 0
        convs += sum(9 * 128 * (151 + 2 * width) for width in norms)
        expected += side * side * convs
    assert found == expected
