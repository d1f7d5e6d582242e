"""SIEDOB's layers: gates, their paddings, and the faster forms of their convolutions."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from baselines.layers.gated_conv import ConvBlock, GatedConv, UpGatedConv
from baselines.layers.label_map import SymbolMap
from baselines.layers.spade import InstanceSPADE


def written_out(layer, x, mode):
    """The gate as its formula has it, by PyTorch's own layers."""
    padded = F.pad(x, (1, 1, 1, 1), mode=mode)
    stride = layer.conv2d.stride
    features = F.conv2d(padded, layer.conv2d.weight, layer.conv2d.bias, stride)
    gate = F.conv2d(padded, layer.mask_conv2d.weight, layer.mask_conv2d.bias, stride)
    return F.leaky_relu(F.instance_norm(features), 0.2) * torch.sigmoid(gate)


# Maps of few pixels are matrix products, wide ones take fewer products, the others are plain.
@pytest.mark.parametrize(("inputs", "outputs", "side"), [(6, 10, 8), (128, 128, 16), (6, 10, 32)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("gradients", [False, True])
def test_a_gated_convolution_is_its_formula_in_every_form(inputs, outputs, side, stride, gradients):
    torch.manual_seed(0)
    layer = GatedConv(inputs, outputs, stride).double()
    x = torch.randn(2, inputs, side, side, dtype=torch.float64)
    with torch.set_grad_enabled(gradients):
        found = layer(x)
    expected = written_out(layer, x, "reflect")
    assert found.shape == (2, outputs, side // stride, side // stride)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("side", [4, 16])
def test_the_doubling_one_is_bilinear_with_the_skip_behind_and_zeros_around(side):
    torch.manual_seed(0)
    layer = UpGatedConv(5 + 3, 4, spectral_norm=False).double()
    low = torch.randn(1, 5, side, side, dtype=torch.float64)
    skip = torch.randn(1, 3, 2 * side, 2 * side, dtype=torch.float64)
    joined = torch.cat([F.interpolate(low, scale_factor=2, mode="bilinear"), skip], dim=1)
    expected = written_out(layer.gated_conv2d, joined, "constant")
    with torch.no_grad():
        torch.testing.assert_close(layer(low, skip), expected, atol=1e-10, rtol=0)


def test_a_spectral_norm_in_training_form_gives_what_its_folded_weight_does():
    torch.manual_seed(0)
    trained = UpGatedConv(3, 4, spectral_norm=True).double().eval()
    folded = UpGatedConv(3, 4, spectral_norm=False).double()
    for name in ("conv2d", "mask_conv2d"):
        layer = trained.gated_conv2d.get_submodule(name)
        matrix = layer.weight_orig.flatten(1)
        plain = layer.weight_orig / (layer.weight_u @ matrix @ layer.weight_v)
        folded.gated_conv2d.get_submodule(name).weight.data.copy_(plain)
        folded.gated_conv2d.get_submodule(name).bias.data.copy_(layer.bias)
    x = torch.randn(1, 3, 4, 4, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(trained(x), folded(x), atol=1e-10, rtol=0)


def test_a_convolution_has_a_bias_exactly_where_a_norm_follows():
    assert ConvBlock(3, 4, 3, normed=True).conv.bias is not None
    assert ConvBlock(3, 4, 3).conv.bias is None
    assert isinstance(ConvBlock(3, 4, 3, pad=1, mode="reflect").conv, nn.Conv2d)


def test_reflection_pads_before_the_convolution():
    torch.manual_seed(0)
    block = ConvBlock(3, 4, 7, pad=3, mode="reflect", active=False).double()
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    expected = F.conv2d(F.pad(x, (3, 3, 3, 3), mode="reflect"), block.conv.weight)
    torch.testing.assert_close(block(x), expected, atol=1e-12, rtol=0)


def test_spade_with_an_instance_norm_is_its_formula_through_tables_and_dense():
    torch.manual_seed(0)
    norm = InstanceSPADE(4, 3, 5).double().eval()
    labels = torch.randint(0, 3, (2, 8, 8)).repeat_interleave(8, 1).repeat_interleave(8, 2)
    shown = SymbolMap.of_labels(labels, 3, torch.float64)
    x = torch.randn(2, 4, 64, 64, dtype=torch.float64)
    hidden = norm.mlp_shared(shown.dense())
    gamma, beta = norm.mlp_gamma(hidden), norm.mlp_beta(hidden)
    expected = F.instance_norm(x) * (1 + gamma) + beta
    torch.testing.assert_close(norm(x, shown), expected, atol=1e-10, rtol=0)
    with torch.no_grad():
        assert shown.tabulated
        torch.testing.assert_close(norm(x, shown), expected, atol=1e-10, rtol=0)
