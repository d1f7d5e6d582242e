"""Weights that lie side by side are joined without a copy, and are the same weights still."""

import copy

import pytest
import torch
from torch import nn

from baselines.layers.label_conv import conv_as_one
from baselines.layers.layout import Joining, joined, lay_channels_last, lay_side_by_side
from tests.speed.operator_calls import OperatorCalls


class Heads(Joining):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.other = nn.Conv2d(3, 4, 3, dtype=torch.float64), nn.Conv2d(3, 2, 3).double()

    @property
    def together(self):
        return ((self.one, self.other),)

    def forward(self, x):
        return conv_as_one(x, [self.one, self.other])


@pytest.fixture(params=[False, True], ids=["rows", "channels last"])
def heads(request):
    made = Heads()
    if request.param:
        lay_channels_last(made)
    return made


def test_what_weights_hold_and_make_does_not_depend_on_where_they_lie(heads):
    laid = copy.deepcopy(heads)
    lay_side_by_side(laid)
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    for net in (heads, laid):
        net(x).square().sum().backward()
    assert torch.equal(heads(x), laid(x))
    for one, other in zip(heads.parameters(), laid.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.stride() == other.stride()
        assert torch.equal(one.grad, other.grad)


def test_weights_side_by_side_are_joined_without_a_copy(heads):
    weights = [heads.one.weight, heads.other.weight]
    with OperatorCalls() as apart:
        expected = joined(weights)
    lay_side_by_side(heads)
    with OperatorCalls() as beside:
        found = joined(weights)
    assert torch.equal(found, expected)
    assert (apart.total, beside.total) == (1, 0)


def test_a_weight_that_changes_is_changed_where_it_is_joined(heads):
    lay_side_by_side(heads)
    with torch.no_grad():
        heads.other.weight.fill_(7)
    assert (joined([heads.one.weight, heads.other.weight])[4:] == 7).all()


@pytest.mark.parametrize("order", [(1, 0), (0, 0)])
def test_weights_that_lie_in_another_order_are_copied(heads, order):
    lay_side_by_side(heads)
    weights = [(heads.one.weight, heads.other.weight)[n] for n in order]
    assert torch.equal(joined(weights), torch.cat(weights))
