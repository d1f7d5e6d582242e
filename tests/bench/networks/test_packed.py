"""Packed convolutions are the convolutions that they pack."""

import pytest
import torch
from torch import nn

from bench.networks.packed import PackedConvolution, pack


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(16, 24, (1, 3), padding=(0, 1), dilation=(1, 1), bias=False)),
        nn.Conv2d(24, 24, 3, groups=4),
    ).requires_grad_(False)


def looked_at(network, x):
    with torch.inference_mode():
        return network(x)


def test_the_result_is_that_of_the_plain_convolutions_at_every_size(network):
    draws = [torch.randn(shape) for shape in ((1, 3, 32, 32), (1, 3, 20, 41), (4, 3, 32, 32))]
    plain = [looked_at(network, x) for x in draws]
    pack(network)
    assert any(isinstance(layer, PackedConvolution) for layer in network.modules())
    assert not any(isinstance(layer, nn.ReLU) for layer in network.modules())  # built in
    for x, expected in zip([*draws, *draws], [*plain, *plain]):
        packed = looked_at(network, x.contiguous(memory_format=torch.channels_last))
        assert packed.shape == expected.shape
        assert torch.allclose(packed, expected, rtol=1e-5, atol=1e-6)


def test_where_torch_cannot_pack_the_network_stays_as_it_is(network, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    before = list(network.modules())
    pack(network)
    assert list(network.modules()) == before
