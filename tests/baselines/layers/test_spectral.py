"""Normalised weights are read as every PyTorch writes them, and folded into plain ones."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from baselines.layers.spectral import fold_spectral, hook_form


def plain(state, layer):
    return fold_spectral(hook_form(state))[f"{layer}.weight"]


def test_new_spectral_norm_is_folded_into_the_weight_that_the_layer_uses():
    torch.manual_seed(0)
    network = nn.Sequential(parametrizations.spectral_norm(nn.Conv2d(3, 4, 3)))
    network.eval()
    torch.testing.assert_close(plain(network.state_dict(), "0"), network[0].weight.detach())


@pytest.mark.parametrize("dim", [0, 1])
def test_new_weight_norm_is_folded_into_the_weight_that_the_layer_uses(dim):
    torch.manual_seed(0)
    network = nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 3), dim=dim))
    state = network.state_dict()
    state["0.parametrizations.weight.original0"] *= 2
    expected = network[0].weight.detach()
    torch.testing.assert_close(plain(state, "0"), expected)
    assert set(hook_form(state)) == {"0.weight", "0.bias"}


def test_the_published_form_stays_as_it_is():
    state = nn.Sequential(nn.utils.spectral_norm(nn.Linear(3, 2))).state_dict()
    assert hook_form(dict(state)) == dict(state)


def test_half_a_weight_norm_keeps_its_name_so_that_it_is_missed():
    state = {"0.parametrizations.weight.original0": torch.ones(2, 1)}
    assert set(hook_form(state)) == set(state)
