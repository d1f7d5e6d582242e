"""A checkpoint holds everything that training needs to go on, and only of its own configuration."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim import Adam

from baselines.training.checkpoint import load_checkpoint, save_checkpoint
from baselines.training.recipe import Player
from bench.core.errors import BadInput


def player(seed):
    torch.manual_seed(seed)
    network = nn.Linear(3, 2)
    optimiser = Adam(network.parameters(), lr=0.1)
    return Player(network, 0.1, network, optimiser)


def step(one):
    one.optimiser.zero_grad()
    one.plain(torch.ones(1, 3)).square().sum().backward()
    one.optimiser.step()


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    straight, resumed = player(0), player(1)
    for _ in range(3):
        step(straight)
    save_checkpoint(tmp_path / "c", {"G": straight}, 3, {"seed": 0})
    assert load_checkpoint(tmp_path / "c", {"G": resumed}, {"seed": 0}) == 3
    for one in (straight, resumed):
        step(one)
    assert torch.equal(straight.plain.weight, resumed.plain.weight)


def test_another_configuration_is_refused_with_the_field(tmp_path):
    save_checkpoint(tmp_path / "c", {"G": player(0)}, 1, {"seed": 0})
    with pytest.raises(BadInput, match=r"another configuration \(seed: 0 against 1\)"):
        load_checkpoint(tmp_path / "c", {"G": player(0)}, {"seed": 1})


def test_another_safetensors_file_is_no_checkpoint(tmp_path):
    save_file({"a": torch.ones(1)}, tmp_path / "c")
    with pytest.raises(BadInput, match="not a training checkpoint; choose another folder"):
        load_checkpoint(tmp_path / "c", {}, {})
