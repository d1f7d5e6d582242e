"""Weights that are cast together are those that autocast makes one by one."""

import copy

import pytest
import torch
from torch.func import functional_call

from baselines.layers.condition import Condition
from baselines.layers.joint_casts import in_half
from baselines.layers.label_map import label_maps_as
from baselines.layers.layout import lay_channels_last, lay_side_by_side
from baselines.layers.progressive import Stage
from baselines.layers.style_preserved import Modulation, StylePreservedBlock
from tests.speed.operator_calls import OperatorCalls


@pytest.fixture
def stage():
    """A U-Net with spectral norms, laid out as on a card."""
    torch.manual_seed(0)
    made = Stage(16, 4, Modulation(5, hidden=3), Modulation(5, hidden=3), spectral_norm=True)
    lay_channels_last(made)
    lay_side_by_side(made)
    return made


def trained(stage, *, together):
    """The image that a stage makes, its parameters' gradients, and the operators of both."""
    net = copy.deepcopy(stage)
    lay_side_by_side(net)  # a copy of views lies apart
    labels = torch.randint(-1, 3, (2, 16, 16), generator=torch.Generator().manual_seed(0))
    image = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    shown = image, Condition(labels, labels > 0, labels == 0, 3)
    with label_maps_as("lookups"), OperatorCalls() as calls:
        with torch.autocast("cpu", torch.bfloat16):
            made = functional_call(net, in_half(net) if together else {}, shown)
        made.float().square().sum().backward()
    return made.detach(), [one.grad for one in net.parameters()], calls.operators


def test_images_and_gradients_are_autocasts_own_to_the_last_bit(stage):
    image, gradients, _ = trained(stage, together=True)
    expected, wanted, _ = trained(stage, together=False)
    assert torch.equal(image, expected)
    for one, other in zip(gradients, wanted, strict=True):
        assert torch.equal(one, other)
        assert one.stride() == other.stride()


def test_weights_are_cast_by_one_call_each_way_and_stay_side_by_side(stage):
    _, _, calls = trained(stage, together=True)
    _, _, alone = trained(stage, together=False)
    assert calls["_foreach_copy_"] == alone["_foreach_copy_"] + 2
    assert calls["cat"] == alone["cat"]
    blocks = sum(isinstance(one, StylePreservedBlock) for one in stage.modules())
    # A block has two first convolutions and two joint ones besides; each has a weight and a bias.
    assert alone["_to_copy"] - calls["_to_copy"] >= blocks * 4 * 2


def test_without_autocast_and_on_a_cpu_weights_are_the_parameters(stage):
    with label_maps_as("lookups"):
        assert not in_half(stage)
    with torch.autocast("cpu", torch.bfloat16):
        assert not in_half(stage)
        with label_maps_as("lookups"):
            names = in_half(stage).keys()
    assert "enc1.conv2d.weight" in names
    assert "dec2.gated_conv2d.conv2d.bias" in names
    assert not any(name.endswith("weight_orig") for name in names)
