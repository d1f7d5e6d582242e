"""Joint spectral norms are those of each layer's own hook, which is PyTorch's."""

import copy

import pytest
import torch
from torch import nn

from baselines.layers.joint_spectral import JointSpectralNorm
from baselines.layers.spectral import spectral


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        spectral(nn.Conv2d(3, 5, 3, bias=False)),
        nn.LeakyReLU(0.2),
        nn.Conv2d(5, 4, 3),
        spectral(nn.Conv2d(4, 2, 1)),
    ).double()


@pytest.mark.parametrize("channels_last", [False, True])
def test_outputs_gradients_and_iterates_are_those_of_the_layers_own_norms(channels_last):
    alone, joint = network(), network()
    norms = JointSpectralNorm(joint, channels_last=channels_last)
    x = torch.randn(2, 3, 7, 7, dtype=torch.float64)
    for _ in range(3):  # iterates go on from step to step
        own = alone(x)
        with norms.iterated():
            found = joint(x)
        torch.testing.assert_close(found, own, rtol=0, atol=1e-12)
        for net, out in ((alone, own), (joint, found)):
            net.zero_grad()
            out.square().sum().backward()
        for one, other in zip(joint.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-10, atol=1e-12)
            assert one.grad.stride() == one.stride()
        for one, other in zip(joint.buffers(), alone.buffers(), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    weight = joint[0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last) == channels_last


def test_gradients_reach_inputs_alone_where_weights_are_frozen():
    net = network().requires_grad_(False)
    x = torch.randn(1, 3, 7, 7, dtype=torch.float64, requires_grad=True)
    with JointSpectralNorm(net).iterated():
        net(x).sum().backward()
    assert x.grad is not None
    assert all(one.grad is None for one in net.parameters())


def test_in_evaluation_and_outside_the_block_layers_keep_their_own_norms():
    net = network()
    norms, other = JointSpectralNorm(net), copy.deepcopy(net)
    x = torch.randn(1, 3, 7, 7, dtype=torch.float64)
    with norms.iterated():
        net(x)
    other(x)
    torch.testing.assert_close(net(x), other(x), rtol=0, atol=1e-12)  # the second iteration
    net.eval(), other.eval()
    with norms.iterated():
        torch.testing.assert_close(net(x), other(x), rtol=0, atol=1e-12)
